import Glibc
import Primitives

/// Runs work on a thread whose stack is as small as the language layer promises to be content with, so that a promise
/// about recursion that is broken shows.
enum SmallStack {
    /// Unoptimised code takes several times as much.
    static let bytes: Int = {
        #if DEBUG
            8 << 20
        #else
            512 << 10
        #endif
    }()

    /// Waits for the end of the work.
    static func run(_ work: () throws -> Void) throws {
        try withoutActuallyEscaping(work) { work in
            let task = Work(work)
            // Not `pthread_attr_t()`: with many C modules in the program it is not clear whose initializer that is.
            let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
            pthread_attr_init(attributes)
            defer {
                pthread_attr_destroy(attributes)
                attributes.deallocate()
            }
            pthread_attr_setstacksize(attributes, bytes)
            var thread: pthread_t = 0
            let code = pthread_create(
                &thread, attributes,
                { argument in
                    if let argument { Unmanaged<Work>.fromOpaque(argument).takeUnretainedValue().run() }
                    return nil
                }, Unmanaged.passUnretained(task).toOpaque())
            guard code == 0 else { throw Problem(.unavailable, "A thread could not be started (\(code)).") }
            pthread_join(thread, nil)
            if let failure = task.failure { throw failure }
        }
    }

    private final class Work {
        let body: () throws -> Void
        var failure: (any Error)?

        init(_ body: @escaping () throws -> Void) { self.body = body }

        func run() {
            do { try body() } catch { failure = error }
        }
    }
}
