import Primitives
import Tenancy

/// Who must keep away from a task, whatever roles they hold. Pure.
enum SegregationOfDuties {
    /// - Parameters:
    ///   - people: who decides, and for whom: each of them counts.
    ///   - family: what was decided in the run, its parents and its children.
    static func check(_ people: [Principal], _ task: HumanTask, family: [FamilyDecision]) throws(Problem) {
        try checkInitiators(people, task)
        for person in people {
            guard family.contains(where: { $0.people.contains(person.id) && $0.excludes(task) }) else { continue }
            throw Problem(
                .segregationOfDuties,
                "\(name(person, people)) decided another task of this run that must be kept apart from this one. "
                    + "Another person must decide it.")
        }
    }

    /// Whoever caused the run, or is named in its data as having asked for it.
    static func checkInitiators(_ people: [Principal], _ task: HumanTask) throws(Problem) {
        guard task.fourEyes || task.terms.excludesInitiator else { return }
        for person in people where task.initiators.contains(person.id) || task.names(asRequester: person) {
            throw Problem(
                .segregationOfDuties,
                "\(name(person, people)) started what is to be decided here. Another person must decide it.")
        }
    }

    private static func name(_ person: Principal, _ people: [Principal]) -> String {
        person.id == people.first?.id ? "You" : person.displayName
    }
}

extension HumanTask {
    /// Whether the data says that this person asked for it: by identifier, mail address or name.
    fileprivate func names(asRequester principal: Principal) -> Bool {
        let known = [principal.id.description, principal.email?.lowercased(), principal.displayName.lowercased()]
        return requesters.contains { known.contains($0.lowercased()) }
    }
}
