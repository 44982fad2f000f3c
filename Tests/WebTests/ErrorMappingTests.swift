import Database
import Logging
import Primitives
import Testing
import Web

@Suite("what a caller is told of an error below")
struct ErrorMappingTests {
    @Test(
        "a database that went away is a moment, also in the middle of a commit; what is our mistake is not",
        arguments: [
            (DatabaseError.Kind.unavailable, Problem.Code.unavailable), (.connectionLost, .unavailable),
            (.outcomeUnknown, .unavailable), (.decoding, .internalError),
        ])
    func database(_ kind: DatabaseError.Kind, _ code: Problem.Code) {
        let problem = ErrorMapping.problem(
            for: DatabaseError(kind, "the address of a server"),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        #expect(problem.code == code && !problem.detail.contains("address"))
    }
}
