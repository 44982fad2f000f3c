/// Why a process has no result. Its raw kinds travel to the runner, which makes errors of the definition of them.
package struct ProcessFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The task does not say what to run, or says too much.
        case invalidArguments = "invalid-arguments"
        /// The plant's policy does not allow the language.
        case notAllowed = "not-allowed"
        /// The machine lacks the interpreter or the sandbox.
        case configuration
        /// The time on the clock, or that of the processor, was up.
        case timeout
        /// It wrote, held or made more than it may.
        case limit
        /// Too many jobs wait already; later it may work.
        case busy
        /// Whoever asked went away.
        case cancelled
    }

    package var kind: Kind
    /// Never what the process wrote: that may hold what is nobody's business.
    package var detail: String

    package init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }

    package var description: String { "\(kind.rawValue): \(detail)" }
}

/// What a process came to: the specification's `processResult`. A code other than 0 is a result like any other.
package struct ProcessResult: Sendable, Hashable {
    /// 128 and the signal's number when a signal ended it, as a shell says it.
    package var code: Int
    package var stdout: String
    package var stderr: String

    package init(code: Int, stdout: String, stderr: String) {
        self.code = code
        self.stdout = stdout
        self.stderr = stderr
    }
}
