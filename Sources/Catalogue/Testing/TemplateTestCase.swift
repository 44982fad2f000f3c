package import JSON
package import Primitives

/// One file of `tests/`: what is given, what the world answers, and what must come out.
package struct TemplateTestCase: Sendable {
    package let file: String
    package let name: String
    /// When the run starts.
    package let startsAt: Timestamp
    /// Laid over the defaults of the parameter schema, key by key.
    package let parameters: JSONValue
    /// The run's input: an array with the event for an event-started run.
    package let input: JSONValue
    package let answers: [Answer]
    package let expectation: Expectation

    /// What a call, a person or the plant does. Answers are taken in the order of the file, each one once unless it says
    /// how often.
    package struct Answer: Sendable {
        package enum Trigger: Sendable, Hashable {
            /// `work-orders.create`, or `http`.
            case call(String)
            /// The role that the task is opened for.
            case humanTask(role: String)
            /// `namespace/name` of another workflow.
            case workflow(String)
            /// An event arrives while the run listens.
            case event
        }

        package enum Reply: Sendable {
            case result(JSONValue)
            case error(JSONValue)
            /// A human task that nobody decides.
            case expiry
        }

        package let trigger: Trigger
        package let reply: Reply
        package let afterSeconds: Double
        package let times: Int
        /// JSON pointer of the answer in the file.
        package let pointer: String
    }

    /// Values are compared as a subset: a member that is not named may be anything, a list must have as many items.
    package struct Expectation: Sendable {
        package let status: String
        package let output: JSONValue?
        package let error: JSONValue?
        package let calls: [JSONValue]?
        package let humanTasks: [JSONValue]?
        package let emits: [JSONValue]?
        package let endsAfterSeconds: Double?
    }
}
