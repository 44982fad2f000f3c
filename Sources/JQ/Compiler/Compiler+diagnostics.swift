/// What is said about names that nothing has.
extension Compiler {
    mutating func reportUnknown(_ name: String, _ arguments: [Expression], _ span: Span, _ scope: Scope?) {
        if diagnostics.count >= Self.maximumDiagnostics { return }
        if Self.unavailable.contains(name) {
            return report(span, "\(name) is not available: a program sees nothing but its input and its variables")
        }
        let arities = Set(
            Self.builtinNames.compactMap { known in
                known.hasPrefix(name + "/") ? Int(known.dropFirst(name.count + 1)) : nil
            }
        ).sorted()
        let hint =
            arities.isEmpty
            ? NameHint.text(name, at: span, known: Self.names(in: scope), in: source.bytes)
            : Self.arityHint(name, arities, arguments)
        report(span, "\(name)/\(arguments.count) is not defined\(hint)")
    }

    /// How many arguments a builtin takes that was given another number of them.
    private static func arityHint(_ name: String, _ arities: [Int], _ arguments: [Expression]) -> String {
        let hint = "; it takes \(arities.map { $0 == 0 ? "none" : "\($0)" }.joined(separator: " or ")) argument"
        let commaCount = arguments.map { argument -> Int in
            if case .comma(let items) = argument.kind { return items.count }
            return 1
        }.reduce(0, +)
        if commaCount > arguments.count, arities.contains(commaCount) {
            return hint + "s, and ';' stands between them, not ','"
        }
        if arities == [0] { return "; it takes no argument: pipe the value into it, as in … | \(name)" }
        if arguments.isEmpty { return (arities == [1] ? hint : hint + "s") + ", in parentheses" }
        return arities == [1] ? hint : hint + "s"
    }

    /// Every function that a program can call there.
    private static func names(in scope: Scope?) -> [String] {
        var names: [String] = []
        _ = Scope.first(in: scope) { binding -> Void? in
            switch binding {
            case .parameter(let name, _, _), .inlined(let name, _, _): names.append(name)
            case .function(let callable): names.append(callable.name)
            default: break
            }
            return nil
        }
        return names + builtinNames.map { String($0.prefix { $0 != "/" }) }
    }

    /// The variables that there are, when they are few; else the one that was probably meant.
    func variableHint(_ name: String, _ scope: Scope?) -> String {
        if diagnostics.count >= Self.maximumDiagnostics { return "" }
        var names: [String] = []
        _ = Scope.first(in: scope) { binding -> Void? in
            switch binding {
            case .variable(let name, _, _), .global(let name, _): if !names.contains(name) { names.append(name) }
            default: break
            }
            return nil
        }
        if let near = NameHint.nearest(to: name, among: names) { return "; did you mean $\(near)?" }
        guard (1...8).contains(names.count) else { return "" }
        return "; there is " + names.reversed().map { "$\($0)" }.joined(separator: ", ")
    }
}
