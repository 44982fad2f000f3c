import Primitives
import Provisioning
import Synchronization
import Testing

@Suite("the machine's places for processes are shared out", .timeLimit(.minutes(10)))
struct ProcessSlotsTests {
    private let busy = TenantScope.somePlant()
    private let other = TenantScope.somePlant()

    /// Jobs that hold their place until they are told to go.
    private final class Jobs: Sendable {
        let order = Mutex<[String]>([])
        private let gates = Mutex<[String: AsyncStream<Void>.Continuation]>([:])

        func run(_ name: String, of plant: TenantScope, _ slots: ProcessSlots) async -> ProcessFailure? {
            let (ends, end) = AsyncStream<Void>.makeStream()
            gates.withLock { $0[name] = end }
            do throws(ProcessFailure) {
                try await slots.whileHolding(of: plant) { () async throws(ProcessFailure) in
                    order.withLock { $0.append(name) }
                    for await _ in ends {}
                }
                return nil
            } catch {
                return error
            }
        }

        func release(_ name: String) { gates.withLock { $0[name] }?.finish() }
        var inside: [String] { order.withLock { $0 } }
    }

    @Test("a plant with many jobs holds up another's only job by no more than one of them")
    func fair() async throws {
        let slots = ProcessSlots(atOnce: 1, ofPlant: 1)
        let jobs = Jobs()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<10 {
                group.addTask { [busy] in _ = await jobs.run("busy \(number)", of: busy, slots) }
                try await eventually("it waits") {
                    slots.waiting(of: busy) == number || number == 0 && jobs.inside.count == 1
                }
            }
            group.addTask { [other] in _ = await jobs.run("other", of: other, slots) }
            try await eventually("it waits") { slots.waiting(of: other) == 1 }
            jobs.release("busy 0")
            try await eventually("the next is in") { jobs.inside.count == 2 }
            for number in 1..<10 { jobs.release("busy \(number)") }
            jobs.release("other")
            try await group.waitForAll()
        }
        let order = jobs.inside
        #expect(order.count == 11 && order.firstIndex(of: "other").map { $0 <= 2 } == true, "\(order)")
        #expect(order.filter { $0 != "other" } == (0..<10).map { "busy \($0)" })
    }

    @Test("one plant never has all places, and the machine never more than it has")
    func bounds() async throws {
        let slots = ProcessSlots(atOnce: 3, ofPlant: 2)
        let jobs = Jobs()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<4 { group.addTask { [busy] in _ = await jobs.run("b\(number)", of: busy, slots) } }
            try? await eventually("two are in") { jobs.inside.count == 2 && slots.waiting(of: busy) == 2 }
            for number in 0..<2 { group.addTask { [other] in _ = await jobs.run("o\(number)", of: other, slots) } }
            try? await eventually("one of the other is in") { jobs.inside.count == 3 && slots.waiting(of: other) == 1 }
            #expect(jobs.inside.filter { $0.hasPrefix("b") }.count == 2)
            for number in 0..<4 { jobs.release("b\(number)") }
            for number in 0..<2 { jobs.release("o\(number)") }
        }
        #expect(jobs.inside.count == 6)
        #expect(slots.waiting(of: busy) == 0 && slots.waiting(of: other) == 0)
    }

    @Test("a job too many is refused, and one that is given up leaves the line")
    func line() async throws {
        let slots = ProcessSlots(atOnce: 1, ofPlant: 1, waiting: 1)
        let jobs = Jobs()
        let first = Task { [busy] in await jobs.run("first", of: busy, slots) }
        try await eventually("the first is in") { jobs.inside == ["first"] }
        let second = Task { [busy] in await jobs.run("second", of: busy, slots) }
        try await eventually("the second waits") { slots.waiting(of: busy) == 1 }
        #expect(await jobs.run("third", of: busy, slots)?.kind == .busy)
        second.cancel()
        #expect(await second.value?.kind == .cancelled)
        #expect(slots.waiting(of: busy) == 0)
        jobs.release("first")
        #expect(await first.value == nil)
        jobs.release("fourth")
        let fourth = Task { [busy] in await jobs.run("fourth", of: busy, slots) }
        try await eventually("the fourth is in") { jobs.inside.last == "fourth" }
        jobs.release("fourth")
        #expect(await fourth.value == nil)
    }
}
