package import Primitives
import Synchronization

/// Whoever reads a plant's timeline as it grows, and the bell that wakes them. Where nobody watches, it costs a look at a
/// number.
package final class PlantWatchers: Sendable {
    private struct State {
        var bells: [PlantID: [UInt64: AsyncStream<Void>.Continuation]] = [:]
        var made: UInt64 = 0
    }

    private let state = Mutex(State())
    private let count = Atomic<Int>(0)

    package init() {}

    package struct Watch: Sendable {
        package let rings: AsyncStream<Void>
        fileprivate let plant: PlantID
        fileprivate let number: UInt64
    }

    /// Rings that nobody has heard yet are one.
    package func watch(_ plant: PlantID) -> Watch {
        let (rings, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.made += 1
            state.bells[plant, default: [:]][state.made] = continuation
            return state.made
        }
        count.add(1, ordering: .relaxed)
        return Watch(rings: rings, plant: plant, number: number)
    }

    package func end(_ watch: Watch) {
        let bell = state.withLock { state -> AsyncStream<Void>.Continuation? in
            let bell = state.bells[watch.plant]?.removeValue(forKey: watch.number)
            if state.bells[watch.plant]?.isEmpty == true { state.bells[watch.plant] = nil }
            return bell
        }
        guard let bell else { return }
        bell.finish()
        count.subtract(1, ordering: .relaxed)
    }

    /// Something was committed.
    package func ring(_ plant: PlantID) {
        guard count.load(ordering: .relaxed) > 0 else { return }
        let bells = state.withLock { $0.bells[plant].map { Array($0.values) } ?? [] }
        for bell in bells { bell.yield() }
    }
}
