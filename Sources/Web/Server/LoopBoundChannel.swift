import HummingbirdCore
import Logging
import NIOCore
import Primitives

/// A connection whose requests are handled on the thread that reads them, and not by the pool of all: going from thread to thread
/// and back costs a small request a part of its time. What takes long (passwords, files) has threads of its own anyway.
struct LoopBoundChannel: ServerChildChannel {
    typealias Value = HTTP1Channel.Value

    private let base: HTTP1Channel

    init(_ base: HTTP1Channel) { self.base = base }

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        base.setup(channel: channel, logger: logger)
    }

    func handle(value: Value, logger: Logger) async {
        let loop = value.channel.eventLoop
        await withTaskExecutorPreference(RelayTaskExecutor { loop.execute($0) }) {
            await base.handle(value: value, logger: logger)
        }
    }
}
