import JSON
import Primitives
import YAML

extension TemplateTestCase {
    /// When the file does not say: a Monday morning in UTC.
    private static let usualStart = Timestamp("2026-01-05T08:00:00Z") ?? Timestamp(unixMicroseconds: 0)

    init?(_ file: YAMLFile, problems: FileProblems) {
        let before = problems.all.count
        guard var fields = FieldReader(file, problems: problems) else { return nil }
        let name = fields.string("name", isRequired: true)
        let given = fields.object("given", isRequired: true).flatMap(Self.given)
        let answers = fields.objects("answers")?.compactMap(Self.answer) ?? []
        let expectation = fields.object("expect", isRequired: true).flatMap(Self.expectation)
        fields.finish()
        guard problems.all.count == before, let name, let given, let expectation else { return nil }
        self.file = file.name
        self.name = name
        startsAt = given.at
        parameters = given.parameters
        input = given.input
        self.answers = answers
        self.expectation = expectation
    }

    private static func given(
        _ reader: FieldReader
    ) -> (at: Timestamp, parameters: JSONValue, input: JSONValue)? {
        var fields = reader
        var at = usualStart
        if let text = fields.string("at") {
            guard let moment = Timestamp(text) else {
                fields.complain(about: "at", "“at” must be a moment like 2026-01-31T08:00:00Z, in quotes")
                return nil
            }
            at = moment
        }
        let parameters = fields.value("parameters") ?? [:]
        let event = fields.object("event").map { Self.event($0, at: at) }
        let input = fields.value("input")
        fields.finish()
        switch (event, input) {
        case (let event?, nil): return (at, parameters, .array([event]))
        case (nil, let input?): return (at, parameters, input)
        default:
            fields.problems.add(
                fields.file.problem(at: fields.pointer, "give either “event” or “input”: what the run starts with"))
            return nil
        }
    }

    /// A CloudEvent; what the author leaves out gets a usual value.
    private static func event(_ reader: FieldReader, at: Timestamp) -> JSONValue {
        var fields = reader
        var event: JSONValue = ["specversion": "1.0"]
        event.set("id", .string(fields.string("id") ?? "event-1"))
        event.set("source", .string(fields.string("source") ?? "/test"))
        event.set("type", fields.string("type", isRequired: true).map { .string($0) })
        event.set("time", .string(fields.string("time") ?? at.description))
        event.set("subject", fields.string("subject").map { .string($0) })
        event.set("data", fields.value("data"))
        fields.finish()
        return event
    }

    private static func answer(_ reader: FieldReader) -> Answer? {
        var fields = reader
        let call = fields.string("call").map { Answer.Trigger.call($0) }
        let person = fields.string("humanTask").map { Answer.Trigger.humanTask(role: $0) }
        let workflow = fields.string("workflow").map { Answer.Trigger.workflow($0) }
        let event = fields.object("event").map { Self.event($0, at: usualStart) }
        let triggers = [call, person, workflow, event.map { _ in .event }].compactMap { $0 }
        var replies: [Answer.Reply] = []
        if let event { replies.append(.result(event)) }
        if let result = fields.value("result") { replies.append(.result(result)) }
        if let decision = fields.value("decision") { replies.append(.result(decision)) }
        if let error = fields.value("error") { replies.append(.error(error)) }
        if fields.bool("expires") == true { replies.append(.expiry) }
        let after = fields.value("afterSeconds")?.doubleValue ?? 0
        let times = fields.integer("times", in: 1...1000) ?? 1
        fields.finish()
        guard triggers.count == 1, replies.count == 1 else {
            fields.problems.add(
                fields.file.problem(
                    at: fields.pointer,
                    "an answer has one of call, humanTask, workflow or event, and one of result, decision, error, expires"
                ))
            return nil
        }
        return Answer(
            trigger: triggers[0], reply: replies[0], afterSeconds: after, times: times, pointer: fields.pointer)
    }

    private static func expectation(_ reader: FieldReader) -> Expectation? {
        var fields = reader
        let status = fields.string("status", isRequired: true)
        let output = fields.value("output")
        let error = fields.value("error")
        let calls = fields.items("calls")?.map(\.value)
        let humanTasks = fields.items("humanTasks")?.map(\.value)
        let emits = fields.items("emits")?.map(\.value)
        let endsAfter = fields.value("endsAfterSeconds")?.doubleValue
        fields.finish()
        guard let status else { return nil }
        return Expectation(
            status: status, output: output, error: error, calls: calls, humanTasks: humanTasks, emits: emits,
            endsAfterSeconds: endsAfter)
    }
}
