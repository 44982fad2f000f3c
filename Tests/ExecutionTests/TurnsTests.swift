import Execution
import Synchronization
import Testing

@Suite("Turns", .timeLimit(.minutes(10)))
struct TurnsTests {
    @Test("So many go at once, and the others in the order in which they came")
    func order() async {
        let turns = Turns(2)
        await turns.take()
        await turns.take()
        let seen = Passed()
        await withTaskGroup { group in
            for number in 0..<3 {
                group.addTask {
                    await turns.take()
                    seen.add(number)
                }
                // Until it stands in line.
                try? await Task.sleep(for: .milliseconds(20))
            }
            #expect(seen.numbers.isEmpty)
            for count in 1...3 {
                turns.giveBack()
                while seen.numbers.count < count { await Task.yield() }
                #expect(seen.numbers == Array(0..<count))
            }
        }
    }

    @Test("When somebody does not get on, the line passes and whoever comes; afterwards it is in turn again")
    func failure() async {
        let turns = Turns(1)
        await turns.take()
        await withTaskGroup { group in
            for _ in 0..<5 { group.addTask { await turns.take() } }
            try? await Task.sleep(for: .milliseconds(20))
            turns.letEveryonePass()
            await group.waitForAll()
        }
        await turns.take()
        turns.letPassInTurn()
        let seen = Passed()
        await withTaskGroup { group in
            group.addTask {
                await turns.take()
                seen.add(1)
            }
            // Seven have gone ahead, and there is one turn.
            for _ in 0..<6 { turns.giveBack() }
            try? await Task.sleep(for: .milliseconds(50))
            #expect(seen.numbers.isEmpty)
            turns.giveBack()
        }
        #expect(seen.numbers == [1])
    }
}

private final class Passed: Sendable {
    private let state = Mutex<[Int]>([])

    var numbers: [Int] { state.withLock { $0 } }

    func add(_ number: Int) { state.withLock { $0.append(number) } }
}
