import Primitives

/// A plant's process socket, which is there for as long as the plant's policy allows anything.
struct ProcessDoor: Sendable {
    static let socketName = "processes.sock"
    /// Also when no change was announced, the policy is read again after this long. A change is announced, and so is a
    /// broken connection on which one may have been missed: every plant would ask for nothing.
    static let secondsBetweenLooks = 900.0
    /// When it could not be read.
    static let retrySeconds = 1.0

    let plant: TenantScope
    let gate: ProcessGate
    /// Serves the socket until it is cancelled.
    let serve: @Sendable () async -> Void

    /// Opens and closes the socket until cancelled. A job that runs when everything is forbidden ends.
    func run() async {
        // Heard from before the first look, so that no change falls between the two.
        let changes = gate.policies.changes(plant)
        let (looks, look) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        await withDiscardingTaskGroup { sources in
            sources.addTask { for await _ in changes { look.yield() } }
            sources.addTask {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(Self.secondsBetweenLooks))
                    look.yield()
                }
            }
            await follow(looks)
            sources.cancelAll()
        }
    }

    private func follow(_ looks: AsyncStream<Void>) async {
        var looks = looks.makeAsyncIterator()
        while !Task.isCancelled {
            let isOpen = await allowsAnything()
            await withTaskGroup(of: Void.self) { group in
                if isOpen { group.addTask { await serve() } }
                while await looks.next() != nil, await allowsAnything() == isOpen {}
                group.cancelAll()
            }
        }
    }

    private func allowsAnything() async -> Bool {
        while !Task.isCancelled {
            if let policy = try? await gate.policies.policy(plant) { return !policy.languages.isEmpty }
            try? await Task.sleep(for: .seconds(Self.retrySeconds))
        }
        return false
    }
}
