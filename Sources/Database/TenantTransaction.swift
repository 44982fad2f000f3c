package import Primitives

/// An open transaction of one scope: the only thing that can run a query. Only `Database` makes one, and it is of no
/// use after its body has returned.
package struct TenantTransaction: Sendable {
    package let scope: TenantScope
    private let lease: Lease

    init(scope: TenantScope, lease: Lease) {
        self.scope = scope
        self.lease = lease
    }

    package nonisolated(nonsending) func query(_ statement: Statement) async throws -> Rows {
        try await lease.run([statement])[0]
    }

    /// Returns how many rows were affected.
    @discardableResult
    package nonisolated(nonsending) func execute(_ statement: Statement) async throws -> Int {
        try await query(statement).affectedRows
    }

    /// All statements in one round trip. The first failure ends the transaction.
    @discardableResult
    package nonisolated(nonsending) func batch(_ statements: [Statement]) async throws -> [Rows] {
        try await lease.run(statements)
    }

    /// The first row, if there is one.
    package nonisolated(nonsending) func one(_ statement: Statement) async throws -> Row? {
        try await query(statement).first
    }

    /// The last statements and the commit in one round trip. Nothing can be sent afterwards, and what the body throws
    /// from then on no longer undoes anything.
    @discardableResult
    package nonisolated(nonsending) func commit(with statements: [Statement]) async throws -> [Rows] {
        try await CommitWitness.watching { try await lease.commit(with: statements) }
    }
}
