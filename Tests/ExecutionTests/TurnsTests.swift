import Execution
import Synchronization
import Testing

@Suite("Turns", .timeLimit(.minutes(1)))
struct TurnsTests {
    @Test("So many go at once, and the others in the order in which they came")
    func order() async {
        let turns = Turns(2)
        await turns.take()
        await turns.take()
        let seen = Mutex<[Int]>([])
        await withTaskGroup { group in
            for number in 0..<3 {
                group.addTask {
                    await turns.take()
                    seen.withLock { $0.append(number) }
                }
                // Until it stands in line.
                try? await Task.sleep(for: .milliseconds(20))
            }
            #expect(seen.withLock { $0.isEmpty })
            for count in 1...3 {
                turns.giveBack()
                while seen.withLock({ $0.count }) < count { await Task.yield() }
                #expect(seen.withLock { $0 } == Array(0..<count))
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
        let hasPassed = Mutex(false)
        await withTaskGroup { group in
            group.addTask {
                await turns.take()
                hasPassed.withLock { $0 = true }
            }
            // Seven have gone ahead, and there is one turn.
            for _ in 0..<6 { turns.giveBack() }
            try? await Task.sleep(for: .milliseconds(50))
            #expect(hasPassed.withLock { $0 } == false)
            turns.giveBack()
        }
        #expect(hasPassed.withLock { $0 })
    }
}
