extension JSONNumber {
    /// How a number is kept, for code that treats computed numbers and literals differently.
    @usableFromInline package enum Form {
        case integer(Int64)
        /// May have been computed.
        case double(Double)
        /// A literal that neither of the others gives back, with its nearest double.
        case literal(Double, utf8Count: Int)
    }

    @inlinable package var form: Form {
        switch kind {
        case .integer: .integer(Int64(bitPattern: bits))
        case .double: .double(Double(bitPattern: bits))
        case .literal(let literal): .literal(Double(bitPattern: bits), utf8Count: literal.utf8Count)
        }
    }

    /// Whether the number is known exactly: an integer or a long literal, not a double that may have been computed.
    @inlinable package var isExact: Bool {
        if case .double = kind { false } else { true }
    }
}

extension JSONNumber.Literal {
    @usableFromInline var utf8Count: Int { text.utf8.count }
}
