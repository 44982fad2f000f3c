package import Primitives

/// A principal that has proved who it is, and how.
package struct AuthenticatedPrincipal: Sendable, Hashable {
    package enum Proof: Sendable, Hashable {
        case apiKey(APIKeyID)
        case password
        /// The system acts on behalf of nobody: commands of the operator on the machine itself.
        case operatorAccess
    }

    package var principal: Principal
    package var proof: Proof
    /// Wrong passwords since the last right one, or since the account last rested.
    package var wrongPasswords: Int

    package init(principal: Principal, proof: Proof, wrongPasswords: Int = 0) {
        self.principal = principal
        self.proof = proof
        self.wrongPasswords = wrongPasswords
    }

    package func allows(_ permission: Permission, in scope: TenantScope) -> Bool {
        principal.allows(permission, in: scope)
    }

    package func actor(origin: String?) -> Actor { principal.actor(origin: origin) }
}
