@preconcurrency import Dispatch
import Glibc

/// Calls a handler for signals that would otherwise end the process.
final class SignalWatch: Sendable {
    private let sources: [any DispatchSourceSignal]

    init(_ signals: [Int32], _ handler: @escaping @Sendable () -> Void) {
        sources = signals.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler(handler: handler)
            source.resume()
            return source
        }
    }

    func end() {
        for source in sources { source.cancel() }
    }
}
