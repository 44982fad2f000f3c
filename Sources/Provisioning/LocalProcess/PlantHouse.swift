package import Logging
package import NIOCore
package import Primitives

#if canImport(Glibc)
    import Glibc
#endif

/// What serves a plant's egress socket at a path until it is cancelled.
package typealias EgressServer = @Sendable (_ plant: TenantScope, _ socketPath: String) async throws -> Void

/// Makes the houses of plants under one directory.
package struct PlantHouses: Sendable {
    let root: String
    let account: LocalProcessDriver.Account?
    let endpoint: any SyncEndpoint
    let egress: EgressServer
    let processes: ProcessGate?
    let group: any EventLoopGroup
    let logger: Logger

    /// - Parameters:
    ///   - root: a directory with a short path (a Unix socket's path has 107 bytes at the most).
    ///   - account: who owns the plants' directories, so that the runner may enter its own and no other.
    ///   - processes: runs the plants' scripts and shell commands; without it no plant may have any.
    package init(
        root: String, account: LocalProcessDriver.Account?, endpoint: any SyncEndpoint,
        egress: @escaping EgressServer, processes: ProcessGate? = nil, group: any EventLoopGroup, logger: Logger
    ) {
        self.root = root
        self.account = account
        self.endpoint = endpoint
        self.egress = egress
        self.processes = processes
        self.group = group
        self.logger = logger
    }

    /// Removes what a control plane left that was killed. Only whoever is to run the plants' runners may call it.
    func removeLeftovers() {
        for name in Self.names(in: root) {
            for socket in Self.names(in: "\(root)/\(name)") { unlink("\(root)/\(name)/\(socket)") }
            rmdir("\(root)/\(name)")
        }
    }

    private static func names(in directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    func house(of plant: TenantScope) -> PlantHouse {
        let name = plant.plantID.map(\.description) ?? "none"
        return PlantHouse(houses: self, plant: plant, directory: "\(root)/\(name)")
    }
}

/// The directory of one plant with the sockets that its runner sees, and what serves them.
struct PlantHouse: Sendable {
    let houses: PlantHouses
    let plant: TenantScope
    let directory: String

    /// Runs `body` with the sockets open, once a runner can connect. They are closed and removed when `body` has ended
    /// and not when this task is cancelled: a runner that drains still commits through them.
    func whileOpen(_ body: () async -> Void) async {
        let (opened, isOpen) = AsyncStream<Void>.makeStream()
        // Not a child task, which would be cancelled with us. It cannot outlive this call, which ends and awaits it.
        let serving = Task { await serve { isOpen.finish() } }
        for await _ in opened {}
        await body()
        serving.cancel()
        await serving.value
    }

    /// `ready` is called once a runner can connect; a socket that fails is opened again after a second, because a plant
    /// without it stands still.
    private func serve(ready: @escaping @Sendable () -> Void) async {
        while !Task.isCancelled, !prepareDirectory() { try? await Task.sleep(for: .seconds(1)) }
        await withDiscardingTaskGroup { sockets in
            sockets.addTask {
                await keepServing("egress") { try await houses.egress(plant, directory + "/egress.sock") }
            }
            sockets.addTask {
                let listener = SyncListener(
                    plant: plant, path: directory + "/sync.sock", endpoint: houses.endpoint, group: houses.group,
                    logger: houses.logger)
                await keepServing("sync") {
                    try await listener.run {
                        handOver("sync.sock")
                        ready()
                    }
                }
            }
            if let gate = houses.processes { sockets.addTask { await door(gate).run() } }
        }
        rmdir(directory)
    }

    private func door(_ gate: ProcessGate) -> ProcessDoor {
        let listener = ProcessListener(
            plant: plant, path: directory + "/" + ProcessDoor.socketName, gate: gate, group: houses.group,
            logger: houses.logger)
        return ProcessDoor(plant: plant, gate: gate) {
            await keepServing("processes") { try await listener.run { handOver(ProcessDoor.socketName) } }
        }
    }

    private func keepServing(_ name: String, _ serve: () async throws -> Void) async {
        while !Task.isCancelled {
            do {
                try await serve()
            } catch {
                if Task.isCancelled { return }
                houses.logger.error(
                    "a plant's socket failed",
                    metadata: ["plant": "\(plant)", "socket": "\(name)", "reason": "\(error)"])
            }
            try? await Task.sleep(for: .seconds(1))
        }
    }

    private func prepareDirectory() -> Bool {
        mkdir(houses.root, 0o711)
        mkdir(directory, 0o700)
        guard chmod(directory, 0o700) == 0 else {
            houses.logger.error("a plant's directory cannot be made", metadata: ["path": "\(directory)"])
            return false
        }
        if let account = houses.account { chown(directory, account.userID, account.groupID) }
        return true
    }

    /// The runner's account must be able to connect; the directory keeps everybody else out.
    private func handOver(_ socket: String) {
        let path = directory + "/" + socket
        if let account = houses.account { chown(path, account.userID, account.groupID) }
        chmod(path, 0o600)
    }
}
