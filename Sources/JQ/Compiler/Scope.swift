import JSON

/// The code of one function while it is being written.
final class Unit {
    let index: Int
    /// How many functions this one is inside of.
    let level: Int
    let parameterCount: Int
    let valueCount: Int
    var slotCount: Int
    var instructions: [Instruction] = []
    var trackedTwin: Int

    init(index: Int, level: Int, parameterCount: Int, valueCount: Int = 0) {
        self.index = index
        self.level = level
        self.parameterCount = parameterCount
        self.valueCount = valueCount
        slotCount = parameterCount + valueCount
        trackedTwin = index
    }

    func newSlot() -> Int32 {
        slotCount += 1
        return Int32(slotCount - 1)
    }
}

/// What a name means. The newest meaning comes first.
final class Scope {
    enum Binding {
        case variable(String, Unit, slot: Int32)
        case global(String, index: Int32)
        case label(String, Unit, slot: Int32)
        /// A parameter of a function: a closure in a slot of its frame.
        case parameter(String, Unit, slot: Int32)
        /// A parameter of an inlined builtin that is used once: the argument itself.
        case inlined(String, Expression, Scope?)
        case function(Callable)
    }

    let binding: Binding
    let parent: Scope?

    init(_ binding: Binding, parent: Scope?) {
        self.binding = binding
        self.parent = parent
    }

    /// From the inside out.
    static func first<Found>(in scope: Scope?, where match: (Binding) -> Found?) -> Found? {
        var current = scope
        while let scope = current {
            if let found = match(scope.binding) { return found }
            current = scope.parent
        }
        return nil
    }
}

/// A function, or an argument that an inlined builtin uses more than once, as the compiler knows it.
final class Callable {
    let name: String
    let definition: FunctionDefinition
    /// The unit that it is defined in.
    let home: Unit
    /// What its body can see, without itself.
    let outer: Scope?
    /// Whether its own name means itself inside of it.
    let isRecursive: Bool
    /// The positions of the parameters that are passed as closures, and of those that are passed as values: `$x`,
    /// unless the body also calls `x`.
    let closures: [Int]
    let values: [Int]
    /// The number of its code for plain use and for use where paths are followed.
    var plain: Int?
    var tracked: Int?

    init(_ definition: FunctionDefinition, home: Unit, outer: Scope?, isRecursive: Bool) {
        name = definition.name
        self.definition = definition
        self.home = home
        self.outer = outer
        self.isRecursive = isRecursive
        var called: Set<String> = []
        if definition.parameters.contains(where: \.isValue) {
            definition.body.forEachCall { name, arity in if arity == 0 { called.insert(name) } }
        }
        let isPassedAsValue = definition.parameters.map { $0.isValue && !called.contains($0.name) }
        closures = isPassedAsValue.indices.filter { !isPassedAsValue[$0] }
        values = isPassedAsValue.indices.filter { isPassedAsValue[$0] }
    }
}
