import JSON
import Workflow

struct LaptopProcesses: ProcessPerformer {
    func performs(_ function: String) -> Bool { false }
    func perform(_ call: CallRequest) async -> Result<JSONValue, WorkflowError> {
        .failure(WorkflowError(.configuration, detail: "Scripts are not run here."))
    }
}
