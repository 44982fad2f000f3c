package import Primitives

/// Somebody who is signed in has just proved once more who it is, with the password. Only `Authenticator` makes one, for one
/// act: nothing of it can be sent or kept.
package struct PasswordConfirmation: Sendable, Hashable {
    package let principalID: PrincipalID
    package let confirmedAt: Timestamp

    init(principalID: PrincipalID, confirmedAt: Timestamp) {
        self.principalID = principalID
        self.confirmedAt = confirmedAt
    }
}
