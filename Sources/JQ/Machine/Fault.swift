import JSON

/// How an operation of the machine ends that cannot give a value.
enum Fault: Error {
    /// An error of the program, which it may catch.
    case raised(JSONValue)
    /// The budget is used up: nothing can catch this.
    case exhausted(JQError.Budget)

    static func message(_ text: String) -> Fault { .raised(.string(text)) }
}
