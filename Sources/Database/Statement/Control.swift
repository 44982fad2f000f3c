import Primitives

/// The statements that the module itself sends round those of its callers.
enum Control {
    static let beginReadOnly: Statement = "BEGIN READ ONLY"
    static let commit: Statement = "COMMIT"
    static let rollback: Statement = "ROLLBACK"
    static let readOnly: Statement = "SELECT set_config('transaction_read_only', 'on', true)"

    /// Sets the scope for the transaction; `nil` for the platform, whose role has policies of its own. All three
    /// settings are always set: what an earlier transaction of the session had set must not shine through.
    static func scope(_ scope: TenantScope) -> Statement? {
        guard let partner = scope.partnerID else { return nil }
        return """
            SELECT set_config('millwright.partner_id', \(SettingText(partner.raw)), true), \
            set_config('millwright.client_id', \(SettingText(scope.clientID?.raw)), true), \
            set_config('millwright.plant_id', \(SettingText(scope.plantID?.raw)), true)
            """
    }

    /// What opens a transaction that spans several round trips.
    static func opening(_ scope: TenantScope, _ begin: Statement) -> [Statement] {
        [begin] + (self.scope(scope).map { [$0] } ?? [])
    }

    static func begin(_ isolation: IsolationLevel) -> Statement {
        switch isolation {
        case .readCommitted: "BEGIN ISOLATION LEVEL READ COMMITTED"
        case .repeatableRead: "BEGIN ISOLATION LEVEL REPEATABLE READ"
        case .serializable: "BEGIN ISOLATION LEVEL SERIALIZABLE"
        }
    }

    /// What stands before the statements of a pipeline: they are one implicit transaction up to its end mark, so that
    /// it needs no BEGIN and COMMIT of its own, and a failed one leaves nothing to roll back.
    static func pipelinePrologue(_ scope: TenantScope, readOnly: Bool) -> [Statement] {
        (self.scope(scope).map { [$0] } ?? []) + (readOnly ? [self.readOnly] : [])
    }
}

/// What a transaction sees of others that run at the same time (PostgreSQL documentation, 13.2).
package enum IsolationLevel: Sendable {
    /// Each statement sees what was committed before it.
    case readCommitted
    /// All statements see the same; a write that comes too late fails and may be retried.
    case repeatableRead
    /// As if one transaction ran after the other; what does not fit fails and may be retried.
    case serializable
}

/// An identifier as the text of a setting, written without making a string of it; empty for none.
private struct SettingText: PostgresEncodable {
    let value: UUIDv7?
    init(_ value: UUIDv7?) { self.value = value }

    static var postgresType: PostgresType { .text }

    func encode(into buffer: inout ParameterBuffer) -> Bool {
        guard let value else { return true }
        for (wordIndex, word) in [value.high, value.low].enumerated() {
            for index in 0..<16 {
                let position = wordIndex * 16 + index
                if position == 8 || position == 12 || position == 16 || position == 20 {
                    buffer.write(UInt8(ascii: "-"))
                }
                let digit = UInt8(truncatingIfNeeded: word >> UInt64((15 - index) * 4)) & 0xF
                buffer.write(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
        return true
    }
}
