import Database
import Primitives

/// How a decimal travels: as its text, which the statement casts, so that no digit is lost on the way.
extension Row {
    func decimal(_ column: String) throws -> Decimal {
        guard let value = Decimal(try decode(column, as: String.self)) else {
            throw DatabaseError(.decoding, "column \(column) holds a number with too many digits")
        }
        return value
    }
}
