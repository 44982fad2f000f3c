import Workflow

extension Advance {
    /// Two advances of one run, one after the other, as one transition.
    func followed(by next: Advance) -> Advance {
        var both = next
        let closedByNext = Set(next.closed)
        // A wait that was opened and closed again was never seen by anybody.
        both.opened = opened.filter { !closedByNext.contains($0.id) } + next.opened
        let openedBefore = Set(opened.map(\.id))
        both.closed = closed + next.closed.filter { !openedBefore.contains($0) }
        both.emitted = emitted + next.emitted
        both.journal = journal + next.journal
        return both
    }
}
