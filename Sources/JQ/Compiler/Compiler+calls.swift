import JSON

extension Compiler {
    @inline(never)
    mutating func emitCall(
        _ name: String, _ arguments: [Expression], _ span: Span, _ scope: Scope?, _ tracked: Bool
    ) {
        switch resolve(name, arguments.count, scope) {
        case .parameter(_, let home, let slot)?:
            add(tracked ? .callTrackedParameter : .callParameter, a: slot, b: levels(to: home))
        case .inlined(_, let argument, let outer)?: emit(argument, outer, tracked: tracked)
        case .function(let callable)?: emitCall(of: callable, arguments, scope, tracked)
        default:
            if emitSpecial(name, arguments, span, scope, tracked) { return }
            if let number = native(name, arity: arguments.count) {
                return emitNative(number, arguments, scope, tracked)
            }
            if let definition = Prelude.definitions["\(name)/\(arguments.count)"] {
                return emitInlined(definition, arguments, span, scope, tracked)
            }
            reportUnknown(name, arguments, span, scope)
        }
    }

    func resolve(_ name: String, _ arity: Int, _ scope: Scope?) -> Scope.Binding? {
        Scope.first(in: scope) { binding in
            switch binding {
            case .parameter(name, _, _) where arity == 0: binding
            case .inlined(name, _, _) where arity == 0: binding
            case .function(let callable) where callable.definition.arity == arity && callable.name == name: binding
            default: nil
            }
        }
    }

    /// Evaluates the arguments from the last to the first, each beside dot.
    @inline(never)
    private mutating func emitNative(
        _ number: Int32, _ arguments: [Expression], _ scope: Scope?, _ tracked: Bool
    ) {
        for (pushed, argument) in arguments.reversed().enumerated() {
            emitOperand(argument, scope, below: pushed)
        }
        add(.native, a: number)
    }

    // MARK: - Functions of the program

    /// Makes the names of the definitions known, and compiles their bodies, so that their mistakes are found even when
    /// nothing uses them.
    @inline(never)
    mutating func define(_ definitions: [FunctionDefinition], _ scope: Scope?) -> Scope? {
        var inner = scope
        for definition in definitions {
            let callable = Callable(definition, home: unit, outer: inner, isRecursive: true)
            inner = Scope(.function(callable), parent: inner)
            _ = code(of: callable, tracked: false)
        }
        return inner
    }

    /// The number of a function's code; it is written when it is first needed.
    @inline(never)
    mutating func code(of callable: Callable, tracked: Bool) -> Int {
        if let known = tracked ? callable.tracked : callable.plain { return known }
        let definition = callable.definition
        let function = Unit(
            index: units.count, level: callable.home.level + 1, parameterCount: callable.closures.count,
            valueCount: callable.values.count)
        units.append(function)
        if tracked { callable.tracked = function.index } else { callable.plain = function.index }
        let interrupted = unit
        unit = function
        var scope = callable.isRecursive ? Scope(.function(callable), parent: callable.outer) : callable.outer
        for (slot, position) in callable.closures.enumerated() {
            scope = Scope(.parameter(definition.parameters[position].name, function, slot: Int32(slot)), parent: scope)
        }
        for (place, position) in callable.values.enumerated() {
            let slot = Int32(callable.closures.count + place)
            scope = Scope(.variable(definition.parameters[position].name, function, slot: slot), parent: scope)
        }
        // The rest of the values: their arguments are called here, one inside the other.
        for (closure, position) in callable.closures.enumerated() where definition.parameters[position].isValue {
            let slot = function.newSlot()
            pick()
            add(.callParameter, a: Int32(closure))
            add(.store, a: slot)
            scope = Scope(.variable(definition.parameters[position].name, function, slot: slot), parent: scope)
        }
        emit(definition.body, scope, tracked: tracked)
        add(.return)
        unit = interrupted
        return function.index
    }

    @inline(never)
    private mutating func emitCall(
        of callable: Callable, _ arguments: [Expression], _ scope: Scope?, _ tracked: Bool
    ) {
        let number = Int32(code(of: callable, tracked: tracked))
        if arguments.isEmpty, !callable.isRecursive {
            add(.callInlined, a: number, b: levels(to: callable.home))
            return
        }
        for (pushed, position) in callable.values.enumerated() {
            emitOperand(arguments[position], scope, below: pushed)
        }
        let closures = callable.closures.map { closure(arguments[$0], scope) }
        add(.call, a: number, b: levels(to: callable.home))
        for closure in closures { unit.instructions.append(closure) }
    }

    /// How an argument is passed: a parameter as it is, anything else as code that belongs to this frame.
    @inline(never)
    private mutating func closure(_ argument: Expression, _ scope: Scope?) -> Instruction {
        if case .call(let name, let arguments) = argument.kind, arguments.isEmpty,
            case .parameter(_, let home, let slot)? = resolve(name, 0, scope)
        {
            return Instruction(operation: .argument, flag: true, a: slot, b: levels(to: home))
        }
        let callable = anonymous(argument, scope)
        let plain = code(of: callable, tracked: false)
        if usesPaths { units[plain].trackedTwin = code(of: callable, tracked: true) }
        return Instruction(operation: .argument, a: Int32(plain), b: 0)
    }

    private func anonymous(_ body: Expression, _ scope: Scope?, name: String = "") -> Callable {
        let definition = FunctionDefinition(name: name, parameters: [], body: body, span: body.span)
        return Callable(definition, home: unit, outer: scope, isRecursive: false)
    }

    // MARK: - The prelude

    @inline(never)
    private mutating func emitInlined(
        _ definition: FunctionDefinition, _ arguments: [Expression], _ span: Span, _ scope: Scope?, _ tracked: Bool
    ) {
        if Self.recursivePrelude.contains("\(definition.name)/\(definition.arity)") {
            return emitCall(of: preludeCallable(definition), arguments, scope, tracked)
        }
        var inner: Scope?
        for (parameter, argument) in zip(definition.parameters, arguments) {
            if parameter.isValue {
                let slot = unit.newSlot()
                emitOperand(argument, scope)
                add(.store, a: slot)
                inner = Scope(.variable(parameter.name, unit, slot: slot), parent: inner)
            } else if Prelude.uses(of: parameter.name, in: definition) > 1, argument.height > 1 {
                inner = Scope(.function(anonymous(argument, scope, name: parameter.name)), parent: inner)
            } else {
                inner = Scope(.inlined(parameter.name, argument, scope), parent: inner)
            }
        }
        var body = definition.body
        body.span = span  // a diagnostic can only mean the call
        emit(body, inner, tracked: tracked)
    }

    @inline(never)
    private mutating func preludeCallable(_ definition: FunctionDefinition) -> Callable {
        let key = "\(definition.name)/\(definition.arity)"
        if let known = preludeCallables[key] { return known }
        let callable = Callable(definition, home: units[0], outer: nil, isRecursive: true)
        preludeCallables[key] = callable
        return callable
    }

    static let recursivePrelude: Set<String> = ["combinations/0"]

    // MARK: - Names of builtins

    static let unavailable: Set<String> = [
        "input", "inputs", "debug", "stderr", "input_filename", "input_line_number", "env", "halt", "halt_error",
        "modulemeta", "get_search_list", "get_prog_origin", "get_jq_origin",
    ]

    static let builtinNames: [String] =
        (Array(Native.table.keys) + Array(Prelude.definitions.keys) + specialNames).filter { !$0.hasPrefix("_") }
        .sorted()
}
