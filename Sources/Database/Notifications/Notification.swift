/// What a listener is told.
package enum Notification: Sendable, Hashable {
    /// Somebody sent this to the channel.
    case received(payload: String)
    /// The session was made, or made anew, or the listener was too slow: notifications may have been missed, so look at
    /// the tables. It is also the first element of every stream: from then on nothing is missed unnoticed.
    case reconnected
}
