import JSON
import Logging
import NIOCore
import NIOPosix
import Primitives

#if canImport(Glibc)
    import Glibc
#endif

/// Serves one plant's process socket. The runner itself can start nothing: it sends a job here, and gets what came of
/// it. A connection that breaks ends its job.
struct ProcessListener: Sendable {
    /// As many effects as a runner performs at once.
    static let maximumConnections = 64
    /// A runner reads its answer as soon as it is there.
    static let secondsForAnswer: Int64 = 10

    let plant: TenantScope
    let path: String
    let gate: ProcessGate
    let group: any EventLoopGroup
    let logger: Logger

    /// Listens until cancelled. `ready` is called once the socket accepts connections.
    func run(ready: @Sendable () -> Void) async throws {
        // Bounded by the connections: each has one request.
        let (requests, incoming) = AsyncStream<ProcessConnection.Request>.makeStream()
        let connections = SyncConnections(limit: Self.maximumConnections)
        let budget = ProcessBudget()
        let server = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .childChannelInitializer { [plant, logger] channel in
                guard connections.enter(channel) else {
                    logger.warning("a runner asks for too many processes", metadata: ["plant": "\(plant)"])
                    return channel.close()
                }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ProcessConnection(maximumBytes: ProcessGate.limits.maximumBytes, budget: budget) {
                            incoming.yield($0)
                        })
                }
            }
            .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
        server.closeFuture.whenComplete { _ in incoming.finish() }
        ready()
        await withDiscardingTaskGroup { jobs in
            // Ends when this task is cancelled, and the jobs under way with it, or when the socket fails.
            for await request in requests {
                jobs.addTask { await handle(request) }
            }
            jobs.cancelAll()
        }
        // Waited for, because closing removes the socket's file: late, it would be that of the next listener.
        try? await server.close()
        connections.closeAll()
        unlink(path)
    }

    private func handle(_ request: ProcessConnection.Request) async {
        let accepted: ProcessGate.Accepted
        do throws(ProcessFailure) {
            accepted = try await gate.accept(request.body, of: plant)
        } catch {
            return send(ProcessGate.answer(error), to: request)
        }
        if accepted.isAwaited { return await serve(accepted, request) }
        send(["result": .null], to: request)
        await gate.runUnawaited(accepted, of: plant)
        withExtendedLifetime(request.share) {}
    }

    /// Until the job has ended or the connection is closed, whichever is first.
    private func serve(_ accepted: ProcessGate.Accepted, _ request: ProcessConnection.Request) async {
        let (ends, end) = AsyncStream<Void>.makeStream()
        request.channel.closeFuture.whenComplete { _ in end.finish() }
        await withTaskGroup(of: JSONValue?.self) { race in
            race.addTask {
                do throws(ProcessFailure) {
                    return ProcessGate.answer(try await gate.run(accepted, of: plant))
                } catch {
                    return ProcessGate.answer(error)
                }
            }
            race.addTask {
                for await _ in ends {}
                return nil
            }
            if let answer = await race.next() ?? nil { send(answer, to: request) }
            race.cancelAll()
        }
    }

    /// An answer counts as what the plant holds until the runner has taken it.
    private func send(_ answer: JSONValue, to request: ProcessConnection.Request) {
        let channel = request.channel
        var bytes = answer.serializedBytes()
        if !request.share.take(bytes.count) { bytes = ProcessGate.answer(ProcessBudget.exceeded).serializedBytes() }
        let deadline = channel.eventLoop.scheduleTask(in: .seconds(Self.secondsForAnswer)) {
            channel.close(promise: nil)
        }
        // Fails when the connection is closed, by the runner or by the deadline.
        channel.writeAndFlush(ProcessConnection.framed(bytes)).whenComplete { [share = request.share] _ in
            deadline.cancel()
            channel.close(promise: nil)
            withExtendedLifetime(share) {}
        }
    }
}
