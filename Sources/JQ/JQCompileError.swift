/// Why a program cannot be compiled: every problem that was found, in the order of the text.
public struct JQCompileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// One problem and its place.
    public struct Diagnostic: Sendable, Hashable, CustomStringConvertible {
        /// Counted from 1.
        public let line: Int
        /// Counted from 1, in characters (Unicode scalars) of the line.
        public let column: Int
        /// A sentence that says what was found and what was expected.
        public let message: String

        /// A problem at a place, both counted from 1.
        public init(line: Int, column: Int, message: String) {
            self.line = line
            self.column = column
            self.message = message
        }

        public var description: String { "line \(line), column \(column): \(message)" }
    }

    /// Never empty. Syntax errors stop at the first one; unknown names are listed, up to 50.
    public let diagnostics: [Diagnostic]

    /// At least one problem.
    public init(diagnostics: [Diagnostic]) {
        precondition(!diagnostics.isEmpty, "a compile error says what is wrong")
        self.diagnostics = diagnostics
    }

    /// The place of the first problem.
    public var line: Int { diagnostics[0].line }
    public var column: Int { diagnostics[0].column }
    /// The sentence of the first problem.
    public var message: String { diagnostics[0].message }
    /// The sentences of all problems, without their places.
    public var messages: [String] { diagnostics.map(\.message) }
    public var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
