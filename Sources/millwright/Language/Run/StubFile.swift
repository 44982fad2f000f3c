import JSON
import Primitives
import Workflow
import YAML

/// What the world answers in a run on a laptop, from a file (YAML or JSON):
/// ```yaml
/// http:
///   - request: GET https://erp.example/orders/*     # `*` stands for any text without a slash
///     answers:                                       # one after the other, the last one again and again
///       - {status: 503}
///       - {status: 200, headers: {x-page: "1"}, body: {id: 7}, afterSeconds: 0.5}
/// calls:                                             # functions of the default catalog
///   - {function: work-orders.create, with: {title: Leak}, result: {id: WO-1}}
/// decisions:                                         # human tasks
///   - {task: {role: supervisor}, result: {outcome: approve}, afterSeconds: 3600}
/// events:
///   - {afterSeconds: 5, event: {type: press.stopped, source: /press/7, id: "1"}}
/// ```
struct StubFile: Sendable {
    var http: [HTTPStub] = []
    var answers = SimulatedAnswers()

    /// The answers to requests of one shape.
    struct HTTPStub: Sendable {
        var method: String
        /// With `*`; compared with the address without its query, unless it has one itself.
        var address: String
        var answers: [Answer]

        struct Answer: Sendable {
            var status: Int
            var headers: [(name: String, value: String)]
            var body: JSONValue?
            var afterSeconds: Double
        }
    }

    /// - Throws: `Problem` that names everything that is wrong with the file.
    static func read(_ name: String) throws -> StubFile {
        let problems = FileProblems()
        guard
            let file = YAMLFile(
                name: name, bytes: try FileBytes.read(name, limit: FileBytes.documentLimit), problems: problems),
            var fields = FieldReader(file, problems: problems)
        else { throw invalid(problems) }
        var stubs = StubFile()
        stubs.http = fields.objects("http")?.compactMap(httpStub) ?? []
        stubs.answers.calls = fields.objects("calls")?.compactMap(call) ?? []
        stubs.answers.decisions = fields.objects("decisions")?.compactMap(decision) ?? []
        stubs.answers.events = fields.objects("events")?.compactMap(event) ?? []
        fields.finish()
        guard !problems.hasErrors else { throw invalid(problems) }
        return stubs
    }

    private static func invalid(_ problems: FileProblems) -> Problem {
        Problem(.invalidParameters, problems.all.map(\.description).joined(separator: "\n"))
    }

    private static func httpStub(_ reader: FieldReader) -> HTTPStub? {
        var fields = reader
        let request = fields.string("request", isRequired: true)
        var answers: [HTTPStub.Answer] = []
        if let list = fields.objects("answers") {
            answers = list.compactMap { answer in
                var answer = answer
                return httpAnswer(&answer)
            }
            fields.finish()
        } else {
            answers = httpAnswer(&fields).map { [$0] } ?? []
        }
        guard let words = request?.split(separator: " "), words.count == 2 else {
            fields.complain(
                about: "request", "“request” is a method and an address, as in GET https://erp.example/orders")
            return nil
        }
        return HTTPStub(method: words[0].uppercased(), address: String(words[1]), answers: answers)
    }

    private static func httpAnswer(_ fields: inout FieldReader) -> HTTPStub.Answer? {
        let status = fields.integer("status", in: 100...599)
        let headers = fields.value("headers")?.objectValue ?? [:]
        let body = fields.value("body")
        let after = fields.value("afterSeconds")?.doubleValue ?? 0
        fields.finish()
        return HTTPStub.Answer(
            status: status ?? 200, headers: headers.map { ($0.key, $0.value.stringValue ?? $0.value.serialized()) },
            body: body, afterSeconds: after)
    }

    private static func call(_ reader: FieldReader) -> SimulatedAnswers.CallStub? {
        var fields = reader
        let function = fields.string("function", isRequired: true)
        let arguments = fields.value("with")
        let answer = simulated(&fields)
        fields.finish()
        guard let function, let answer else { return nil }
        return .init(function: function, arguments: arguments, answers: [answer])
    }

    private static func decision(_ reader: FieldReader) -> SimulatedAnswers.DecisionStub? {
        var fields = reader
        let task = fields.value("task")
        let answer = simulated(&fields)
        fields.finish()
        return answer.map { .init(arguments: task, answers: [$0]) }
    }

    private static func event(_ reader: FieldReader) -> SimulatedAnswers.TimedEvent? {
        var fields = reader
        let after = fields.value("afterSeconds")?.doubleValue ?? 0
        let event = fields.value("event", isRequired: true)
        fields.finish()
        return event.map { .init(afterSeconds: after, event: GivenEvent.completed($0, number: 1)) }
    }

    /// `result` or `error`, and `afterSeconds`.
    private static func simulated(_ fields: inout FieldReader) -> SimulatedAnswer? {
        let after = fields.value("afterSeconds")?.doubleValue ?? 0
        let result = fields.value("result")
        let error = fields.value("error")
        switch (result, error) {
        case (let result?, nil): return SimulatedAnswer(.success(result), afterSeconds: after)
        case (nil, let error?):
            let type = error["type"]?.stringValue ?? StandardErrorType.communication.uri
            let failure = WorkflowError(
                type: type, status: error["status"]?.intValue ?? 500, title: error["title"]?.stringValue,
                detail: error["detail"]?.stringValue)
            return SimulatedAnswer(.failure(failure), afterSeconds: after)
        default:
            fields.problems.add(
                fields.file.problem(at: fields.pointer, "give either “result” or “error”: how the world answers"))
            return nil
        }
    }
}

/// CloudEvents as people write them: what is left out gets a usual value.
enum GivenEvent {
    static func completed(_ event: JSONValue, number: Int) -> JSONValue {
        guard case .object(var members) = event else { return event }
        if members["specversion"] == nil { members["specversion"] = "1.0" }
        if members["id"] == nil { members["id"] = .string("event-\(number)") }
        if members["source"] == nil { members["source"] = "/laptop" }
        return .object(members)
    }
}
