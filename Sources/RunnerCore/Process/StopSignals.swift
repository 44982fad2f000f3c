import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What asks a runner to leave: SIGTERM, SIGINT, and the end of the pipe on standard input that its keeper holds open.
enum StopSignals {
    /// Calls `stop` on the loop for each of them. No thread is made for it.
    static func watch(on loop: any EventLoop, stop: @escaping @Sendable () -> Void) {
        watchSignals(on: loop, stop)
        if isPipe(STDIN_FILENO) {
            bind(STDIN_FILENO, on: loop, StopHandler(stopsOnBytes: false, stop))
        }
    }

    private static func watchSignals(on loop: any EventLoop, _ stop: @escaping @Sendable () -> Void) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return }
        // The write end must not block in a signal handler; it stays open for the life of the process.
        signalPipe = ends[1]
        bind(ends[0], on: loop, StopHandler(stopsOnBytes: true, stop))
        for number in [SIGTERM, SIGINT] {
            signal(number) { _ in
                var byte: UInt8 = 1
                _ = write(signalPipe, &byte, 1)
            }
        }
        signal(SIGPIPE, SIG_IGN)
    }

    private static func bind(
        _ descriptor: Int32, on loop: any EventLoop, _ handler: @autoclosure @escaping @Sendable () -> StopHandler
    ) {
        NIOPipeBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler()) }
            }
            .takingOwnershipOfDescriptor(input: descriptor)
            .whenFailure { _ in }
    }

    private static func isPipe(_ descriptor: Int32) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        let kind = status.st_mode & S_IFMT
        return kind == S_IFIFO || kind == S_IFSOCK
    }
}

/// Written once before the handlers are installed, read by them only.
nonisolated(unsafe) private var signalPipe: Int32 = -1

private final class StopHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let stopsOnBytes: Bool
    private let stop: @Sendable () -> Void

    init(stopsOnBytes: Bool, _ stop: @escaping @Sendable () -> Void) {
        self.stopsOnBytes = stopsOnBytes
        self.stop = stop
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if stopsOnBytes { stop() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !stopsOnBytes { stop() }
        context.fireChannelInactive()
    }
}
