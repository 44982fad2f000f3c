import JQ
import JSON
import Testing

@Suite("Budgets")
struct BudgetTests {
    private func end(_ source: String, _ budget: JQBudget, _ input: JSONValue = .null) throws -> JQError? {
        let program = try JQProgram(source)
        do throws(JQError) {
            _ = try program.evaluate(input, budget: budget)
            return nil
        } catch {
            return error
        }
    }

    @Test("steps end a loop, and nothing can catch that")
    func steps() throws {
        let budget = JQBudget(steps: 10_000)
        #expect(try end("try repeat(empty) catch 1", budget) == .budget(.steps))
        #expect(try end("repeat(empty)?, 1", budget) == .budget(.steps))
        #expect(try end("[range(1000)] | length", budget) == nil)
    }

    /// A million in a release build; unoptimised code does not need as many to show growth.
    private static let turns: Int = {
        #if DEBUG
            100_000
        #else
            1_000_000
        #endif
    }()

    @Test(
        "loops of the language run a million turns without growing",
        arguments: [
            "last(range($turns))", "reduce range($turns) as $i (0; . + 1)", "0 | until(. == $turns; . + 1)",
            "last(0 | while(. < $turns; . + 1))", "last(limit($turns; repeat(1)))", "nth($turns; 0 | recurse(. + 1))",
            "last(limit($turns; 0 | recurse(. + 1; true)))", "last(foreach range($turns) as $i (0; . + 1))",
            "def f: if . == $turns then . else . + 1 | f end; 0 | f",
            "def f($n; $sum): if $n == 0 then $sum else f($n - 1; $sum + $n) end; f($turns; 0)",
            "def f(g): if . == $turns then . else g | f(g) end; 0 | f(. + 1)",
            "def f: def g: if . == $turns then . else . + 1 | g end; g; 0 | f",
            "0 | until(. == $turns; try (. + 1) catch 0)", "0 | until(. == $turns; first(. + 1, 5))",
        ])
    func longLoops(_ source: String) throws {
        let budget = JQBudget(steps: 40_000_000, depth: 10, memoryBytes: 1 << 20)
        #expect(try end(source.replacing("$turns", with: "\(Self.turns)"), budget) == nil)
    }

    @Test("calls may be as deep as the budget says")
    func depth() throws {
        let sum = "def sum: if length == 0 then 0 else .[0] + (.[1:] | sum) end; [range(500)] | sum"
        #expect(try end(sum, JQBudget(depth: 499)) == .budget(.depth))
        #expect(try end(sum, JQBudget(depth: 501)) == nil)
        #expect(try JQProgram("def f: if . == 0 then 0 else . - 1 | 1 + f end; 9000 | f").evaluate(.null) == [9000])
    }

    @Test("values may be nested as deeply as the budget says")
    func nesting() throws {
        let nest = "reduce range($n) as $i (0; [.]) | empty"
        for (count, expected) in [(100, nil), (101, JQError.budget(.nesting))] {
            let source = nest.replacing("$n", with: "\(count)")
            #expect(try end(source, JQBudget(nesting: 100)) == expected, "\(count)")
        }
        // Going up and down again is not deep, however often.
        #expect(try end("reduce range(10000) as $i ([0]; [[.]] | .[0])", JQBudget(nesting: 100)) == .budget(.nesting))
        #expect(try end("reduce range(10000) as $i ([0]; [.] | .[0])", JQBudget(nesting: 100)) == nil)
        #expect(
            try end("reduce range(10000) as $i ([0]; {a: .} | to_entries | .[0].value)", JQBudget(nesting: 100)) == nil)
    }

    @Test("results are counted and weighed")
    func outputs() throws {
        #expect(try end("range(10)", JQBudget(outputs: 10)) == nil)
        #expect(try end("range(11)", JQBudget(outputs: 10)) == .budget(.outputs))
        #expect(try end("\"x\" * 1000, \"x\" * 1000", JQBudget(outputBytes: 2100)) == nil)
        #expect(try end("\"x\" * 1000, \"x\" * 1000", JQBudget(outputBytes: 1000)) == .budget(.outputs))
        // Shared parts count as often as they would be written.
        #expect(try end("reduce range(40) as $i (1; [., .])", .default) == .budget(.outputs))
    }

    @Test("memory is what is alive, not what was ever made")
    func memory() throws {
        let budget = JQBudget(memoryBytes: 1 << 20)
        #expect(try end("\"x\" * 2000000", budget) == .budget(.memory))
        #expect(try end("[range(200000)]", budget) == .budget(.memory))
        #expect(try end("[limit(100; repeat(\"x\" * 100000 | . + \"y\"))]", budget) == .budget(.memory))
        #expect(try end("reduce range(2000) as $i (0; . + (\"x\" * 10000 | length))", budget) == nil)
        #expect(try end("reduce range(20000) as $i ([]; . + [$i])", budget) == nil)
        #expect(try end("reduce range(5000) as $i ({}; .[\"k\\($i)\"] = $i)", budget) == nil)
    }

    @Test(
        "building in a loop takes steps in proportion to what is built",
        arguments: [
            "reduce range($n) as $i ([]; . + [$i]) | length",
            "reduce range($n) as $i ([]; .[$i] = $i) | length",
            "reduce range($n) as $i ({}; .[\"k\\($i)\"] = $i) | length",
            "reduce range($n) as $i ({}; .a[\"k\\($i)\"] += $i) | length",
            "reduce range($n) as $i (\"\"; . + \"x\") | length",
            "reduce range($n) as $i ({}; . + {\"k\\($i)\": $i}) | length",
            "def build: reduce range($n) as $i ([]; . + [$i]); build | length",
            "[range($n)] | map(. + 1) | .[] |= . + 1 | length",
        ])
    func linearBuilding(_ source: String) throws {
        for count in [1_000, 10_000] {
            let source = source.replacing("$n", with: "\(count)")
            #expect(try end(source, JQBudget(steps: count * 50)) == nil, "\(count)")
        }
    }

    @Test("the first result comes without the rest")
    func first() throws {
        #expect(try JQProgram("1, repeat(2)").first(.null) == 1)
        #expect(try JQProgram("1, error(\"x\")").first(.null) == 1)
        #expect(try JQProgram("empty").first(.null) == nil)
        #expect(throws: JQError.raised("x")) { try JQProgram("error(\"x\"), 1").first(.null) }
    }

    @Test("results are handed over one by one until the body has enough")
    func forEach() throws {
        var seen: [JSONValue] = []
        try JQProgram("range(infinite)").forEach(.null) {
            seen.append($0)
            return seen.count < 3
        }
        #expect(seen == [0, 1, 2])
    }
}
