#if canImport(Glibc)
    import Glibc
#endif

/// The stack that a schema is promised to need no more than. Without optimisation the frames are four times as large.
#if DEBUG
    let evaluationStackBytes = 2 << 20
#else
    let evaluationStackBytes = 512 << 10
#endif

/// Runs the body on a thread with a small stack and waits for its answer.
func onSmallStack<Answer>(bytes: Int = 512 << 10, _ body: () -> Answer) -> Answer {
    withoutActuallyEscaping(body) { body in
        let work = Work(body)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, bytes)
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let context = Unmanaged.passUnretained(work).toOpaque()
        let status = pthread_create(
            &thread, &attributes,
            { context in
                Unmanaged<AnyWork>.fromOpaque(context!).takeUnretainedValue().run()
                return nil
            }, context)
        precondition(status == 0, "no thread")
        pthread_join(thread, nil)
        return work.answer!
    }
}

private class AnyWork {
    func run() {}
}

private final class Work<Answer>: AnyWork {
    private let body: () -> Answer
    var answer: Answer?

    init(_ body: @escaping () -> Answer) { self.body = body }

    override func run() { answer = body() }
}
