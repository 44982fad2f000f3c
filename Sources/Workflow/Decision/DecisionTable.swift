package import JSON

/// Rows of conditions on named inputs, each with what follows when they hold: an approval matrix, a routing table.
///
/// ```
/// hitPolicy: first                # first, all, collect
/// inputs: [amount, category]      # optional: rows may then name no others
/// rows:
///   - when: { amount: "< 1000", category: spare-part }
///     then: { roles: [supervisor] }
///   - when: { amount: "[1000..5000)" }
///     then: { roles: [supervisor, quality-manager] }
/// otherwise: { roles: [tenant-admin] }
/// ```
package struct DecisionTable: Sendable {
    package enum HitPolicy: String, Sendable, Hashable, CaseIterable {
        /// What follows from the first row that holds.
        case first
        /// What follows from every row that holds, as a list in the order of the rows.
        case all
        /// The members of every row that holds, put together: lists are joined, each value once.
        case collect
    }

    /// How `collect` puts the numbers of a member together.
    package enum Aggregation: String, Sendable, Hashable, CaseIterable { case sum, min, max, count }

    package struct Row: Sendable {
        var conditions: [(input: String, test: UnaryTest)]
        var outcome: JSONValue
    }

    package static let maximumRows = 1_000
    package static let maximumInputs = 50

    package let hitPolicy: HitPolicy
    package let inputs: [String]?
    package let rows: [Row]
    package let otherwise: JSONValue?
    package let aggregate: [String: Aggregation]

    /// What a table says of an input.
    package struct Decision: Sendable, Hashable {
        /// The rows that held, counted from 1.
        package var rows: [Int]
        /// `null` when none held and the table has no `otherwise`.
        package var result: JSONValue

        package var json: JSONValue {
            ["matched": .bool(!rows.isEmpty), "rows": .array(rows.map { JSONValue($0) }), "result": result]
        }
    }

    package func decide(_ input: JSONValue) -> Decision {
        var held: [Int] = []
        for (index, row) in rows.enumerated()
        where row.conditions.allSatisfy({ $0.test.holds(input[$0.input] ?? .null) }) {
            held.append(index)
            if hitPolicy == .first { break }
        }
        let numbers = held.map { $0 + 1 }
        guard let first = held.first else { return Decision(rows: [], result: nothing) }
        switch hitPolicy {
        case .first: return Decision(rows: numbers, result: rows[first].outcome)
        case .all: return Decision(rows: numbers, result: .array(held.map { rows[$0].outcome }))
        case .collect: return Decision(rows: numbers, result: collected(held.map { rows[$0].outcome }))
        }
    }

    private var nothing: JSONValue {
        if let otherwise { return hitPolicy == .all ? .array([otherwise]) : otherwise }
        return hitPolicy == .all ? .array([]) : .null
    }

    private func collected(_ outcomes: [JSONValue]) -> JSONValue {
        var names: [String] = []
        var values: [String: [JSONValue]] = [:]
        for outcome in outcomes {
            for (name, value) in outcome.objectValue ?? [:] {
                if values[name] == nil { names.append(name) }
                values[name, default: []] += value.arrayValue ?? [value]
            }
        }
        var object: JSONObject = [:]
        for name in names {
            let all = values[name] ?? []
            if let aggregation = aggregate[name] {
                object[name] = aggregation.of(all)
            } else {
                var seen: Set<JSONValue> = []
                object[name] = .array(all.filter { seen.insert($0).inserted })
            }
        }
        return .object(object)
    }
}

extension DecisionTable.Aggregation {
    /// Of the numbers among the values; `null` for the least and the largest of none.
    fileprivate func of(_ values: [JSONValue]) -> JSONValue {
        let numbers = values.compactMap(\.doubleValue)
        switch self {
        case .count: return JSONValue(values.count)
        case .sum: return JSONValue(numbers.reduce(0, +))
        case .min: return numbers.min().map { JSONValue($0) } ?? .null
        case .max: return numbers.max().map { JSONValue($0) } ?? .null
        }
    }
}
