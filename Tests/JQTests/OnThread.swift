import Foundation

/// Runs the body on a thread of its own with a stack of this size.
func onThread<Value: Sendable>(stackBytes: Int, _ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: body()) }
        thread.stackSize = stackBytes
        thread.start()
    }
}

/// The smallest stack that a release build promises to be content with. Unoptimised code takes several times as much.
let smallStackBytes: Int = {
    #if DEBUG
        8 << 20
    #else
        512 << 10
    #endif
}()
