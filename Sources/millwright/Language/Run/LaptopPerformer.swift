import Connectors
import JSON
import Primitives
import Workflow

/// What a laptop can do for a run: HTTP calls (real, or answered from the stub file), scripts, other workflows that were
/// given. Human tasks and calls of a plant's capabilities have answers in the stub file or none.
struct LaptopPerformer: WaitPerformer {
    let runID: RunID
    let http: HTTPTaskCaller
    let processes: any ProcessPerformer
    let children: ChildWorkflows

    func perform(_ waits: [Wait]) async -> [(Wait, SimulatedAnswer)] {
        await withTaskGroup(of: (Int, SimulatedAnswer?).self) { group in
            for (number, wait) in waits.enumerated() {
                group.addTask { (number, await perform(wait)) }
            }
            var answers = [SimulatedAnswer?](repeating: nil, count: waits.count)
            for await (number, answer) in group { answers[number] = answer }
            return zip(waits, answers).compactMap { wait, answer in answer.map { (wait, $0) } }
        }
    }

    private func perform(_ wait: Wait) async -> SimulatedAnswer? {
        let start = ContinuousClock.now
        let delay = StubbedExchange.Delay()
        let result: Result<JSONValue, WorkflowError>
        switch wait.kind {
        case .call(let call):
            result = await StubbedExchange.$delay.withValue(delay) { await perform(call, wait.id) }
        case .childRun(let request):
            guard let answer = await children.run(request, openedAt: wait.openedAt) else {
                return SimulatedAnswer(.failure(Self.notGiven(request)))
            }
            return answer
        // Clocks are the simulation's own.
        case .humanTask, .timer, .event, .serviceLevel: return nil
        }
        let took = (ContinuousClock.now - start).seconds + delay.seconds
        return SimulatedAnswer(result, afterSeconds: took)
    }

    private func perform(_ call: CallRequest, _ waitID: String) async -> Result<JSONValue, WorkflowError> {
        if HTTPTaskCaller.isHTTPTask(call.function) {
            let task = HTTPTaskCall(
                function: call.function, arguments: call.arguments, runID: call.secretScope ?? runID.description,
                idempotencyKey: "\(runID)\(waitID)", timeoutSeconds: call.timeoutSeconds)
            do throws(CallFailure) {
                return .success(try await http.perform(task))
            } catch {
                let error = error.standardError
                return .failure(
                    WorkflowError(
                        StandardErrorType(rawValue: error.type) ?? .runtime, status: error.status, detail: error.detail)
                )
            }
        }
        if processes.performs(call.function) { return await processes.perform(call) }
        return .failure(
            WorkflowError(
                .configuration,
                detail: "\(call.function) needs a plant's connection. Answer it under calls in the file given with "
                    + "--stub."))
    }

    private static func notGiven(_ request: ChildRunRequest) -> WorkflowError {
        WorkflowError(
            .configuration,
            detail: "The workflow \(request.namespace)/\(request.name) is not known here. Give its file with --also.")
    }
}

/// Performs scripts and shell commands.
protocol ProcessPerformer: Sendable {
    func performs(_ function: String) -> Bool
    func perform(_ call: CallRequest) async -> Result<JSONValue, WorkflowError>
}
