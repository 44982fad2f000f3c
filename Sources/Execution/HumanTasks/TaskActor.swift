import Primitives
package import Tenancy

/// Who does something with a task, for oneself or for somebody who is away.
package struct TaskActor: Sendable, Hashable {
    package var principal: Principal
    /// Who is away, and the substitutions by which the principal stands in.
    package var absent: Principal?
    package var substitutions: [Substitution] = []

    package init(_ principal: Principal) { self.principal = principal }

    init(_ principal: Principal, for absent: Principal?, by substitutions: [Substitution]) {
        self.principal = principal
        self.absent = absent
        self.substitutions = substitutions
    }

    /// Everybody who counts as having decided.
    var people: [Principal] { [principal] + (absent.map { [$0] } ?? []) }

    /// The role in which the task is decided; `nil` for somebody who is named as a person.
    ///
    /// - Throws: `.forbidden` for somebody whom the task is not for.
    func authority(on task: HumanTask) throws(Problem) -> Role? {
        guard let absent else {
            guard let place = task.place(of: principal) else { throw Self.notFor(task) }
            return place.role
        }
        var objection = Problem(.forbidden, "\(absent.displayName) has not named you as substitute for now.")
        for substitution in substitutions {
            do throws(Problem) {
                return try authority(on: task, for: absent, by: substitution)
            } catch {
                objection = error
            }
        }
        throw objection
    }

    private func authority(
        on task: HumanTask, for absent: Principal, by substitution: Substitution
    ) throws(Problem) -> Role? {
        guard absent.status == .active, absent.allows(.humanTasksDecide, in: task.scope),
            let place = task.place(of: absent, within: substitution.role)
        else { throw Problem(.forbidden, "\(absent.displayName) may not decide this task.") }
        if substitution.lendsRoles { return place.role }
        if let role = place.role {
            guard principal.holds(role, in: task.scope) else { throw Self.needs(role) }
        } else if !task.roles.isEmpty, !task.roles.contains(where: { principal.holds($0, in: task.scope) }) {
            throw Self.needs(task.roles[0])
        }
        return place.role
    }

    private static func notFor(_ task: HumanTask) -> Problem {
        guard !task.roles.isEmpty else { return Problem(.forbidden, "This task is for persons who are named in it.") }
        let roles = task.roles.map(\.rawValue).joined(separator: " or ")
        return Problem(.forbidden, "This task is for the role \(roles).")
    }

    private static func needs(_ role: Role) -> Problem {
        Problem(
            .forbidden,
            "A substitute needs the role \(role.rawValue) too. An administrator can lend it for the time of the "
                + "substitution.")
    }
}

extension HumanTask {
    /// Whether the principal is one of those whom the task is for.
    package func isFor(_ principal: Principal) -> Bool { place(of: principal) != nil }

    /// How the task is somebody's: by a role, or by name.
    enum Place: Hashable {
        case role(Role)
        case person

        var role: Role? { if case .role(let role) = self { role } else { nil } }
    }

    /// - Parameter only: the one role that counts; a name does not, then.
    func place(of principal: Principal, within only: Role? = nil) -> Place? {
        if let role = roles.first(where: { principal.holds($0, in: scope) && (only == nil || only == $0) }) {
            return .role(role)
        }
        return only == nil && names(principal) ? .person : nil
    }

    private func names(_ principal: Principal) -> Bool {
        !people.isEmpty && (people.contains(principal.id.description) || principal.email.map(people.contains) ?? false)
    }
}
