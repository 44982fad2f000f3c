import JSON

/// A compiled program: immutable, shared by all evaluations.
final class Code: Sendable {
    struct Function: Sendable {
        /// Where it starts.
        var address: Int32
        /// Closures: they lie in the first slots.
        var parameterCount: Int32
        /// Arguments that are passed as values: they lie in the slots after those.
        var valueCount: Int32
        /// The same function for use where paths are followed.
        var trackedTwin: Int32
        /// Variables, states and parameters of one activation.
        var slotCount: Int32
    }

    /// A string with holes: texts[0] hole texts[1] hole … texts[n].
    struct Template: Sendable {
        var texts: [String]
        var format: TextFormat
    }

    /// The keys of an object that a program makes, with values to be filled in.
    struct Shape: Sendable {
        let members: ContiguousArray<JSONObject.Element>
        let isDistinct: Bool

        init(_ keys: [String]) {
            members = ContiguousArray(keys.map { ($0, .null) })
            isDistinct = Set(keys).count == keys.count
        }
    }

    let instructions: [Instruction]
    /// The first one is the program itself.
    let functions: [Function]
    let constants: [JSONValue]
    let shapes: [Shape]
    let templates: [Template]
    let paths: [[JSONValue]]
    let natives: [Native]
    let maximumParameterCount: Int
    let regexes = RegexCache()

    init(
        instructions: [Instruction], functions: [Function], constants: [JSONValue], shapes: [Shape],
        templates: [Template], paths: [[JSONValue]], natives: [Native]
    ) {
        self.instructions = instructions
        self.functions = functions
        self.constants = constants
        self.shapes = shapes
        self.templates = templates
        self.paths = paths
        self.natives = natives
        maximumParameterCount = Int(functions.reduce(0) { max($0, $1.parameterCount, $1.valueCount) })
    }
}
