import JSON
package import Logging
package import Primitives

/// The processes of one machine as the plants' runners ask for them: what a plant's policy allows, in its turn.
///
/// A request is `{"function", "arguments", "timeoutSeconds"}`, an answer `{"result": {"code", "stdout", "stderr"}}` or
/// `{"failure": {"kind", "detail"}}`. A task with `await: false` gets `{"result": null}` as soon as its job is accepted.
package struct ProcessGate: Sendable {
    /// The plants' policies, as the control plane's tenancy part keeps them.
    package struct Policies: Sendable {
        package var policy: @Sendable (TenantScope) async throws -> ProcessPolicy
        /// Yields whenever the policy of a plant may have changed.
        package var changes: @Sendable (TenantScope) -> AsyncStream<Void>

        package init(
            policy: @escaping @Sendable (TenantScope) async throws -> ProcessPolicy,
            changes: @escaping @Sendable (TenantScope) -> AsyncStream<Void>
        ) {
            self.policy = policy
            self.changes = changes
        }
    }

    /// Code, input and settings with room for what JSON must escape.
    static let limits = JSONLimits(maximumBytes: 12 << 20, maximumDepth: 64, maximumKeys: 10_000)

    let policies: Policies
    private let sandbox: ProcessSandbox
    private let slots: ProcessSlots
    private let logger: Logger

    package init(policies: Policies, sandbox: ProcessSandbox, slots: ProcessSlots = ProcessSlots(), logger: Logger) {
        self.policies = policies
        self.sandbox = sandbox
        self.slots = slots
        self.logger = logger
    }

    /// A gate where this machine's sandbox is what it should be. What lacks is logged by name.
    ///
    /// - Parameter needsProtections: without all of them nothing runs here. A missing interpreter is no such thing: the
    ///   jobs that need it say so.
    /// - Returns: `nil` when no plant may run anything on this machine.
    package static func checked(
        policies: Policies, sandbox: ProcessSandbox, needsProtections: Bool, logger: Logger
    ) async -> ProcessGate? {
        for interpreter in sandbox.missingInterpreters() {
            logger.notice("scripts and shell commands lack something", metadata: ["what": "\(interpreter)"])
        }
        let missing = await sandbox.missingProtections()
        for protection in missing {
            logger.warning(
                "a protection of scripts and shell commands is missing", metadata: ["protection": "\(protection)"])
        }
        if let bound = ServiceMemoryBound.missing() {
            logger.warning("jobs lack a bound round the service", metadata: ["bound": "\(bound)"])
        }
        if !missing.isEmpty, needsProtections {
            logger.error("no script or shell command runs here: production mode needs every protection of them")
            return nil
        }
        return ProcessGate(policies: policies, sandbox: sandbox, logger: logger)
    }

    /// One request, checked, with the limits that hold for it.
    struct Accepted: Sendable {
        var job: ProcessJob
        var limits: ProcessLimits
        var isAwaited: Bool
    }

    /// - Throws: why the plant may not run this.
    func accept(_ body: [UInt8], of plant: TenantScope) async throws(ProcessFailure) -> Accepted {
        guard let request = try? JSONValue(parsing: body, limits: Self.limits),
            let function = request["function"]?.stringValue, let arguments = request["arguments"]
        else { throw ProcessFailure(.invalidArguments, "the request cannot be read") }
        let job = try ProcessJob(function: function, arguments: arguments)
        let policy: ProcessPolicy
        do {
            policy = try await policies.policy(plant)
        } catch {
            throw ProcessFailure(.busy, "the plant's process policy cannot be read now; try again")
        }
        guard policy.languages.contains(job.language) else {
            throw ProcessFailure(
                .notAllowed,
                "the plant's process policy does not allow \(job.language.rawValue); add it to the policy's `allow`")
        }
        var limits = ProcessLimits(policy)
        if let seconds = request["timeoutSeconds"]?.doubleValue, seconds > 0 {
            limits.wallSeconds = min(limits.wallSeconds, seconds)
        }
        return Accepted(job: job, limits: limits, isAwaited: arguments["await"]?.boolValue ?? true)
    }

    func run(_ accepted: Accepted, of plant: TenantScope) async throws(ProcessFailure) -> ProcessResult {
        try await slots.whileHolding(of: plant) { () async throws(ProcessFailure) in
            try await sandbox.run(accepted.job, limits: accepted.limits).get()
        }
    }

    /// Nobody waits for it: what it wrote is dropped, and what went wrong is logged.
    func runUnawaited(_ accepted: Accepted, of plant: TenantScope) async {
        do throws(ProcessFailure) {
            _ = try await run(accepted, of: plant)
        } catch {
            logger.notice(
                "a process that no task awaits failed", metadata: ["plant": "\(plant)", "reason": "\(error)"])
        }
    }

    static func answer(_ result: ProcessResult) -> JSONValue {
        [
            "result": [
                "code": JSONValue(result.code), "stdout": .string(result.stdout), "stderr": .string(result.stderr),
            ]
        ]
    }

    static func answer(_ failure: ProcessFailure) -> JSONValue {
        ["failure": ["kind": .string(failure.kind.rawValue), "detail": .string(failure.detail)]]
    }
}
