extension Parser {
    private enum Operator {
        case binary(BinaryOperator)
        case and, or, alternative
        case assignment(AssignmentOperator)
    }

    private enum Associativity { case left, right, none }

    private static func infix(_ kind: Token.Kind) -> (Operator, precedence: Int, Associativity)? {
        switch kind {
        case .symbol(let symbol):
            switch symbol {
            case .alternative: (.alternative, 1, .right)
            case .assign: (.assignment(.set), 2, .none)
            case .update: (.assignment(.update), 2, .none)
            case .updatePlus: (.assignment(.arithmetic(.add)), 2, .none)
            case .updateMinus: (.assignment(.arithmetic(.subtract)), 2, .none)
            case .updateTimes: (.assignment(.arithmetic(.multiply)), 2, .none)
            case .updateDivide: (.assignment(.arithmetic(.divide)), 2, .none)
            case .updateRemainder: (.assignment(.arithmetic(.remainder)), 2, .none)
            case .updateAlternative: (.assignment(.alternative), 2, .none)
            case .equal: (.binary(.equal), 5, .none)
            case .notEqual: (.binary(.notEqual), 5, .none)
            case .less: (.binary(.less), 5, .none)
            case .lessOrEqual: (.binary(.lessOrEqual), 5, .none)
            case .greater: (.binary(.greater), 5, .none)
            case .greaterOrEqual: (.binary(.greaterOrEqual), 5, .none)
            case .plus: (.binary(.add), 6, .left)
            case .minus: (.binary(.subtract), 6, .left)
            case .times: (.binary(.multiply), 7, .left)
            case .divide: (.binary(.divide), 7, .left)
            case .remainder: (.binary(.remainder), 7, .left)
            default: nil
            }
        case .keyword(.or): (.or, 3, .left)
        case .keyword(.and): (.and, 4, .left)
        default: nil
        }
    }

    /// An expression of operators that bind at least as tightly as `minimum`.
    @inline(never)
    mutating func parseExpression(_ minimum: Int = 1) throws(SyntaxError) -> Expression {
        let start = currentSpan
        var left = try parseTerm()
        var unchainable: Int?
        while let (found, precedence, associativity) = Self.infix(current.kind), precedence >= minimum {
            if precedence == unchainable {
                throw failure("\(current.kind.described) cannot follow another operator of its kind: put parentheses")
            }
            advance()
            try enter()
            let right = try parseExpression(associativity == .right ? precedence : precedence + 1)
            leave()
            left = try node(Self.combine(found, left, right), from: start)
            unchainable = associativity == .none ? precedence : nil
        }
        return left
    }

    private static func combine(_ found: Operator, _ left: Expression, _ right: Expression) -> Expression.Kind {
        switch found {
        case .binary(let binary): .binary(binary, left, right)
        case .and: .and(left, right)
        case .or: .or(left, right)
        case .alternative: .alternative(left, right)
        case .assignment(let assignment): .assign(assignment, left, right)
        }
    }
}
