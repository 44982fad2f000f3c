import Execution
import Primitives

/// Lets a position of a plant's timeline come back only as it was given, to the same plant's timeline: one that somebody made
/// up could ask for a plant's whole history at each call.
struct PositionSeal: Sendable {
    private let cursors: CursorSeal
    private let list: String

    init(_ cursors: CursorSeal, _ scope: TenantScope) {
        self.cursors = cursors
        list = "timeline of \(scope.plantID?.description ?? "")"
    }

    func text(_ position: TimelinePosition) -> String { cursors.seal(text: position.text, of: list) }

    /// - Throws: `.invalidParameters` for a text that this timeline did not give.
    func position(_ text: String) throws(Problem) -> TimelinePosition {
        guard text.utf8.count <= TimelinePosition.maximumBytes + 100, let opened = cursors.open(text: text, of: list)
        else { throw TimelinePosition.unknown }
        return try TimelinePosition(opened)
    }
}
