import JSON

/// Turns a syntax tree into the code of the machine: names become slots and levels, builtins of the prelude are
/// inlined, constants are folded.
///
/// *Tracked* code may run while the path of dot is being followed; it computes operands beside dot, without a path.
/// Other code, which is nearly all, computes them in place.
struct Compiler {
    /// Deeper nesting than this, with builtins inlined, is refused: emitting recurses.
    static let maximumDepth = 400
    static let maximumInstructions = 1 << 18

    let source: SourceMap
    /// Whether anything in the program follows paths, so that arguments need code for that.
    var usesPaths = false
    var preludeCallables: [String: Callable] = [:]
    var diagnostics: [JQCompileError.Diagnostic] = []
    var usedGlobals: Set<String> = []

    // The program in the making
    var units: [Unit] = []
    var constants: [JSONValue] = []
    var stringConstants: [String: Int32] = [:]
    var shapes: [Code.Shape] = []
    var templates: [Code.Template] = []
    var paths: [[JSONValue]] = []
    var natives: [Native] = []
    var nativeNumbers: [String: Int32] = [:]

    /// The unit that instructions go to.
    var unit: Unit
    private var depth = 0
    private var instructionCount = 0
    /// Set when the program is too large; then nothing more is emitted.
    var isOverflowing = false

    init(source: SourceMap) {
        self.source = source
        unit = Unit(index: 0, level: 0, parameterCount: 0)
        units = [unit]
    }

    static func compile(
        _ program: Expression, source: SourceMap, variables: [String]
    ) throws(JQCompileError) -> (code: Code, used: Set<String>) {
        var compiler = Compiler(source: source)
        compiler.usesPaths = program.followsPaths
        var scope: Scope?
        for (index, name) in variables.enumerated() {
            scope = Scope(.global(name, index: Int32(index)), parent: scope)
        }
        compiler.emit(program, scope, tracked: false)
        compiler.add(.output)
        if !compiler.diagnostics.isEmpty {
            throw JQCompileError(
                diagnostics: compiler.diagnostics.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
        }
        return (compiler.link(), compiler.usedGlobals)
    }

    /// Nobody reads more, and a hostile program may have a mistake in every byte.
    static let maximumDiagnostics = 50

    mutating func report(_ span: Span, _ message: String) {
        if diagnostics.count >= Self.maximumDiagnostics { return }
        let diagnostic = source.diagnostic(at: span, message)
        if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    }

    // MARK: - Instructions

    @discardableResult
    mutating func add(_ operation: Operation, a: Int32 = 0, b: Int32 = 0, flag: Bool = false) -> Int {
        instructionCount += 1
        unit.instructions.append(Instruction(operation: operation, flag: flag, a: a, b: b))
        return unit.instructions.count - 1
    }

    /// Where the next instruction will stand.
    var here: Int32 { Int32(unit.instructions.count) }

    /// Makes the jump at `place` lead to here.
    func patch(_ place: Int) { unit.instructions[place].a = here }

    /// Pushes a copy of the value `below` places under the top.
    mutating func pick(_ below: Int = 0, withPath: Bool = false) {
        add(.pick, a: Int32(below), flag: withPath)
    }

    mutating func constant(_ value: JSONValue) -> Int32 {
        if case .string(let text) = value {
            if let known = stringConstants[text] { return known }
            stringConstants[text] = Int32(constants.count)
        }
        constants.append(value)
        return Int32(constants.count - 1)
    }

    mutating func addConstant(_ value: JSONValue, push: Bool = false) {
        add(push ? .pushConstant : .constant, a: constant(value), b: value.isContainer ? 1 : 0)
    }

    mutating func native(_ name: String, arity: Int) -> Int32? {
        let key = "\(name)/\(arity)"
        if let known = nativeNumbers[key] { return known }
        guard let native = Native.table[key] else { return nil }
        natives.append(native)
        nativeNumbers[key] = Int32(natives.count - 1)
        return Int32(natives.count - 1)
    }

    func levels(to other: Unit) -> Int32 { Int32(unit.level - other.level) }

    /// Goes one level deeper; false when that is too deep.
    mutating func descend(_ span: Span) -> Bool {
        if isOverflowing { return false }
        if depth >= Self.maximumDepth || instructionCount > Self.maximumInstructions {
            isOverflowing = true
            report(span, "the program is too large: it nests too deeply or repeats too much")
            return false
        }
        depth += 1
        return true
    }

    mutating func ascend() { depth -= 1 }

    // MARK: - Linking

    private func link() -> Code {
        var instructions: [Instruction] = []
        var functions: [Code.Function] = []
        instructions.reserveCapacity(units.reduce(0) { $0 + $1.instructions.count })
        for unit in units {
            let base = Int32(instructions.count)
            functions.append(
                Code.Function(
                    address: base, parameterCount: Int32(unit.parameterCount), valueCount: Int32(unit.valueCount),
                    trackedTwin: Int32(unit.trackedTwin), slotCount: Int32(unit.slotCount)))
            markTailCalls(unit)
            for instruction in unit.instructions {
                var moved = instruction
                if instruction.operation.hasTarget, instruction.a >= 0 { moved.a += base }
                instructions.append(moved)
            }
        }
        return Code(
            instructions: instructions, functions: functions, constants: constants, shapes: shapes,
            templates: templates, paths: paths, natives: natives)
    }

    /// A call whose result is returned at once need not come back, if nothing it gets refers to this frame.
    private func markTailCalls(_ unit: Unit) {
        for (place, instruction) in unit.instructions.enumerated() {
            var next = place + 1
            switch instruction.operation {
            case .call:
                let count = units[Int(instruction.a)].parameterCount
                let arguments = unit.instructions[next..<next + count]
                if instruction.b == 0 || arguments.contains(where: { !$0.flag && $0.b == 0 }) { continue }
                next += count
            case .callInlined: if instruction.b == 0 { continue }
            case .callParameter, .callTrackedParameter: break
            default: continue
            }
            while next < unit.instructions.count, unit.instructions[next].operation == .jump {
                next = Int(unit.instructions[next].a)
            }
            if next < unit.instructions.count, unit.instructions[next].operation == .return {
                unit.instructions[place].flag = true
            }
        }
    }
}

extension Operation {
    /// Whether `a` is a place in the code.
    var hasTarget: Bool {
        switch self {
        case .jump, .jumpIfFalse, .jumpIfTrue, .fork, .beginTry, .beginAlternative, .label: true
        default: false
        }
    }
}
