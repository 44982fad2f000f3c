import Glibc
import JSON
import Provisioning
import Workflow

/// Scripts and shell commands of a definition on a laptop, in the sandbox that a plant gives them.
struct LaptopProcesses: ProcessPerformer {
    private let sandbox = ProcessSandbox(
        bubblewrapPath: "/usr/bin/bwrap", account: geteuid() == 0 ? LocalProcessDriver.Account.nobody : nil)

    func performs(_ function: String) -> Bool { function == "run:script" || function == "run:shell" }

    func perform(_ call: CallRequest) async -> Result<JSONValue, WorkflowError> {
        do throws(ProcessFailure) {
            let job = try ProcessJob(function: call.function, arguments: call.arguments)
            var limits = ProcessLimits()
            if let seconds = call.timeoutSeconds { limits.wallSeconds = min(limits.wallSeconds, seconds) }
            let result = try await sandbox.run(job, limits: limits).get()
            return .success(Self.output(of: result, call.arguments["return"]?.stringValue))
        } catch {
            return .failure(Self.error(error))
        }
    }

    /// By the task's `return`.
    private static func output(of result: ProcessResult, _ wanted: String?) -> JSONValue {
        switch wanted {
        case "stderr": .string(result.stderr)
        case "code": JSONValue(result.code)
        case "all":
            ["code": JSONValue(result.code), "stdout": .string(result.stdout), "stderr": .string(result.stderr)]
        case "none": .null
        default: .string(result.stdout)
        }
    }

    private static func error(_ failure: ProcessFailure) -> WorkflowError {
        let type: StandardErrorType =
            switch failure.kind {
            case .invalidArguments: .validation
            case .notAllowed: .authorization
            case .configuration: .configuration
            case .timeout: .timeout
            case .busy, .cancelled: .communication
            case .limit: .runtime
            }
        return WorkflowError(type, detail: failure.detail)
    }
}
