/// What people who know another language, or another shell, most often mean when a program does not parse. Each answer
/// stands behind the diagnostic and says what to write instead; empty when there is nothing to guess.
enum Hint {
    /// A character that no token begins with.
    static func unexpected(_ character: String) -> String {
        switch character {
        case "&": ": to ask for both, write 'and'"
        case "!": ": to turn a condition round, write … | not"
        case "~": ": to match a regular expression, write … | test(\"…\")"
        case "^": ": to raise to a power, write pow(x; y)"
        case "'", "`", "“", "”", "„", "‘", "’", "«", "»": ": a string stands between double quotes, as in \"…\""
        case "\\": ": a backslash has a meaning only inside of a string"
        default: ": expected an expression"
        }
    }

    /// Where an expression should begin.
    static func missingExpression(after previous: Token.Kind?, found: Token.Kind) -> String {
        switch (previous, found) {
        case (.symbol(.pipe)?, .symbol(.pipe)): "; to ask for one or the other, write 'or'"
        case (.symbol(.equal)?, .symbol(.assign)), (.symbol(.assign)?, .symbol(.assign)),
            (.symbol(.assign)?, .symbol(.equal)):
            "; to compare, write =="
        case (.symbol(.less)?, .symbol(.greater)): "; to compare, write !="
        case (.symbol(.assign)?, .symbol(.greater)): "; to compare, write >="
        case (.symbol(.openBracket)?, .symbol(.times)): "; all elements are .[]"
        case (.symbol(.plus)?, .symbol(.plus)), (.symbol(.plus)?, .symbol(.assign)): "; to add, write += 1"
        case (.symbol(.comma)?, .symbol(.closeBracket)), (.symbol(.comma)?, .symbol(.closeParenthesis)):
            "; there is a ',' too many"
        case (_, .symbol(.dollar)): "; a path begins with '.', as in .a.b, and a variable has its name behind '$'"
        case (_, .keyword(.then)), (_, .keyword(.else)), (_, .keyword(.elif)), (_, .keyword(.end)):
            "; a part of 'if' is empty: write . for the value itself, or null"
        default: ""
        }
    }

    /// Where a program could end, or go on with an operator.
    static func missingOperator(after previous: Token.Kind?, found: Token.Kind) -> String {
        switch (previous, found) {
        case (.field(let name)?, .symbol(.openParenthesis)):
            "; a function is applied with a pipe, as in … | \(name)(…)"
        case (.symbol(.question)?, .number), (.symbol(.question)?, .stringStart), (_, .symbol(.colon)):
            "; a choice is written if … then … else … end"
        case (_, .keyword(.if)): "; a choice is written if … then … else … end"
        case (_, .keyword(.then)), (_, .keyword(.elif)), (_, .keyword(.else)), (_, .keyword(.end)):
            "; there is no 'if' that it belongs to"
        case (_, .identifier("in")), (_, .identifier("IN")): "; to look for a value among others, write … | IN(1, 2)"
        case (_, .identifier("is")), (_, .identifier("eq")): "; to compare, write =="
        case (_, .recurse): "; one '.' stands between two names"
        case (_, .stringStart), (_, .identifier), (_, .variable), (_, .symbol(.openParenthesis)), (_, .keyword):
            "; put '|', ',' or an operator between the two"
        case (_, .symbol(.semicolon)): "; ';' stands only between the arguments of a function"
        default: ""
        }
    }

    /// Where a member of an object, or its value, should go on.
    static func missingMemberEnd(found: Token.Kind) -> String {
        switch found {
        case .symbol(.assign): "; ':' stands between a key and its value"
        case .symbol(.semicolon): "; members are separated by ','"
        case .symbol(.minus): "; a key with '-' needs quotes, as in {\"a-b\": 1}"
        default: ""
        }
    }

    /// Where ';' should stand, and ',' stands or was read as part of what came before.
    static func missingSemicolon(_ commaWasRead: Bool) -> String {
        commaWasRead ? "; ';' stands between the parts, not ','" : ""
    }
}

extension Token.Kind {
    static var recurse: Token.Kind { .symbol(.recurse) }
}
