package import Primitives

/// What a migration would do to duties that are kept apart.
extension Migration {
    /// Guards of the new version that the run would stand behind and that its own version did not put before it.
    package func passedGuards(_ state: RunState, from old: DutyGuards, to new: DutyGuards) -> [DutyGuards.Guard] {
        guard !new.guards.isEmpty else { return [] }
        let parents = Set(state.frames.map(\.parent))
        var passed: [DutyGuards.Guard] = []
        for frame in state.frames where !frame.reference.isEmpty && !parents.contains(frame.id) {
            let known = Set(old.before(frame.reference).map(\.name))
            passed += new.before(target(frame.reference)).filter { !known.contains($0.name) && !passed.contains($0) }
        }
        return passed
    }

    /// Open human tasks that the new version asks for more strictly: they stay as they were asked for, so that they would
    /// be decided by the wrong people.
    package func weakenedTasks(_ state: RunState) -> [Problem.Item] {
        state.openWaits.compactMap { open in
            // A wait keeps the name of the place where it was opened; its frame says where it is.
            guard case .humanTask = open.wait.kind,
                let reference = state.frames.first(where: { $0.id == open.frame })?.reference,
                let before = node(reference, from), let after = node(target(reference), to), after.keepsDutiesApart,
                before.dutySource != after.dutySource
            else { return nil }
            return .init(
                path: reference,
                message: "Is open and keeps what it asks for; \(after.reference) asks for other people or a signature.")
        }
    }

    private func node(_ reference: String, _ definition: Definition) -> TaskNode? {
        definition.program.taskByReference[reference].map { definition.program.tasks[$0] }
    }
}
