package import JSON

/// One finding about a definition: what is wrong, where, and what to do about it.
package struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
    package enum Severity: String, Sendable, Hashable, CaseIterable {
        /// The definition cannot be used.
        case error
        /// The definition can be used, but probably does not do what its author meant.
        case warning
    }

    package var severity: Severity
    package var code: Code
    /// A sentence for the author, which ends in what to do.
    package var message: String
    package var path: JSONPointer
    /// 1-based; `nil` when the document was not read from text.
    package var line: Int?
    package var column: Int?

    package init(
        severity: Severity, code: Code, message: String, path: JSONPointer, line: Int? = nil, column: Int? = nil
    ) {
        self.severity = severity
        self.code = code
        self.message = message
        self.path = path
        self.line = line
        self.column = column
    }

    /// `12:5: error: unknown-task: … (at /do/0/a/then)`
    package var description: String {
        let place = line.map { "\($0):\(column ?? 1): " } ?? ""
        let pointer = path.description
        return "\(place)\(severity.rawValue): \(code.rawValue): \(message) (at \(pointer.isEmpty ? "/" : pointer))"
    }
}

extension Diagnostic {
    /// Stable: clients and tests branch on it.
    package enum Code: String, Sendable, Hashable, CaseIterable {
        case wrongType = "wrong-type"
        case invalidValue = "invalid-value"
        case missingField = "missing-field"
        case unknownProperty = "unknown-property"
        case unsupportedVersion = "unsupported-version"
        case noTaskKind = "no-task-kind"
        case severalTaskKinds = "several-task-kinds"
        case severalTasksInOneItem = "several-tasks-in-one-item"
        case duplicateName = "duplicate-name"
        case reservedName = "reserved-name"
        case unknownTask = "unknown-task"
        case unreachableTask = "unreachable-task"
        case unknownFunction = "unknown-function"
        case unknownArgument = "unknown-argument"
        case missingArgument = "missing-argument"
        case functionCycle = "function-cycle"
        case workflowCycle = "workflow-cycle"
        case unknownReference = "unknown-reference"
        case invalidExpression = "invalid-expression"
        case unknownVariable = "unknown-variable"
        case secretNotAllowedHere = "secret-not-allowed-here"
        case expressionInsideText = "expression-inside-text"
        case invalidDuration = "invalid-duration"
        case invalidSchema = "invalid-schema"
        case invalidTable = "invalid-table"
        case invalidEndpoint = "invalid-endpoint"
        case severalDefaultCases = "several-default-cases"
        case driverMissing = "driver-missing"
        case resourceMissing = "resource-missing"
        case notSupported = "not-supported"
        case tooLarge = "too-large"
    }
}
