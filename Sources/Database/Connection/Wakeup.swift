import CPostgres
import Glibc

/// Wakes a thread that waits in `poll`: an eventfd, readable once it was signalled.
struct Wakeup: ~Copyable, Sendable {
    private let descriptor: Int32

    init() {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        precondition(descriptor >= 0, "the process has no file descriptor left (errno \(errno))")
    }

    deinit { close(descriptor) }

    func signal() {
        // It can only fail when 2^64 signals are pending, and then the thread is awake anyway.
        _ = eventfd_write(descriptor, 1)
    }

    struct Readiness {
        var socketIsReady = false
        var wasSignalled = false
    }

    /// Waits until the socket has one of `events`, a signal came, or `until` has passed.
    func wait(
        socket: Int32?, events: Int32 = 0, until: ContinuousClock.Instant?
    ) -> Readiness {
        var descriptors = (
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: socket ?? -1, events: Int16(events), revents: 0)
        )
        let timeout = until.map(Self.milliseconds) ?? -1
        let count = withUnsafeMutableBytes(of: &descriptors) { raw in
            poll(raw.baseAddress?.assumingMemoryBound(to: pollfd.self), 2, timeout)
        }
        guard count > 0 else { return Readiness() }
        let wasSignalled = descriptors.0.revents != 0
        if wasSignalled {
            var value: eventfd_t = 0
            _ = eventfd_read(descriptor, &value)
        }
        return Readiness(socketIsReady: descriptors.1.revents != 0, wasSignalled: wasSignalled)
    }

    /// Rounded up, so that the thread does not wake just before the moment.
    private static func milliseconds(until moment: ContinuousClock.Instant) -> Int32 {
        let left = ContinuousClock.now.duration(to: moment)
        guard left > .zero else { return 0 }
        let (seconds, attoseconds) = left.components
        return Int32(
            clamping: seconds.multipliedReportingOverflow(by: 1000).partialValue
                + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}
