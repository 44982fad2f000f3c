import Primitives
import Testing

@testable import Execution

@Suite("The board on which calls of runners wait")
struct DispatchBoardTests {
    private static let plant = PlantID(UUIDv7(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0001))

    /// Found by the simulation's seed 20229: each of the two woke the other, for ever.
    @Test("a call that can take nothing does not wake another one that cannot either", .timeLimit(.minutes(10)))
    func fullCallsRest() async throws {
        let board = DispatchBoard()
        try board.beginCall(Self.plant, epoch: 1, isFirst: false, takesWork: false)
        // Nothing is left to be asked, and then a run comes that a full runner cannot take.
        try Self.look(board, capacity: 1)
        board.wake(.pending, Self.plant)
        async let older = board.waitForWork(Self.plant, capacity: 0, until: SystemWallClock().now().adding(seconds: 30))
        while !board.isWaiting(Self.plant) { await Task.yield() }
        try board.beginCall(Self.plant, epoch: 1, isFirst: false, takesWork: false)
        try Self.look(board, capacity: 0)
        // The next call takes work, and with that the older one is answered: it was not woken before.
        try board.beginCall(Self.plant, epoch: 1, isFirst: false, takesWork: true)
        #expect(await older == .answer)
    }

    @Test("a call that waits for work is woken when another one has read that there is more", .timeLimit(.minutes(10)))
    func workWakes() async throws {
        let board = DispatchBoard()
        try board.beginCall(Self.plant, epoch: 1, isFirst: false, takesWork: false)
        try Self.look(board, capacity: 1)
        async let waiting = board.waitForWork(
            Self.plant, capacity: 1, until: SystemWallClock().now().adding(seconds: 30))
        while !board.isWaiting(Self.plant) { await Task.yield() }
        try Self.look(board, capacity: 1, more: .pending)
        #expect(await waiting == .look)
    }

    /// As a call does whose reading finds nothing.
    private static func look(_ board: DispatchBoard, capacity: Int, more: Need = []) throws {
        let plan = try board.plan(plant, epoch: 1, capacity: capacity)
        board.finishReading(plant) { $0.finishReading(plan, handed: [], more: more, nextTimerAt: nil) }
    }
}
