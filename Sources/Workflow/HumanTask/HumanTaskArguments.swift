package import JSON
package import Primitives

/// What a workflow asks of people: the arguments of `human-task:1.0.0@default`, checked. Roles are words here; what they
/// mean is said by whoever reads them.
package struct HumanTaskArguments: Sendable, Hashable {
    package static let maximumOutcomes = 20
    package static let maximumEscalations = 10
    package static let maximumReminders = 10
    package static let maximumRoles = 20
    package static let maximumPeople = 100
    package static let maximumMeanings = 20
    package static let maximumQuorum = 50
    package static let maximumSeconds: Double = 366 * 24 * 3600
    /// Closes a task that nobody decided in time.
    package static let expired = "expired"
    /// Closes a task whose quorum cannot be reached any more, unless the template names another outcome.
    package static let undecided = "undecided"

    package struct Outcome: Sendable, Hashable {
        package var name: String
        package var label: String
        package var requiresReason: Bool
        package var requiresSignature: Bool
        /// A JSON Schema instead of the task's own form.
        package var form: JSONValue?

        package init(
            name: String, label: String, requiresReason: Bool = false, requiresSignature: Bool = false,
            form: JSONValue? = nil
        ) {
            self.name = name
            self.label = label
            self.requiresReason = requiresReason
            self.requiresSignature = requiresSignature
            self.form = form
        }
    }

    /// Who may decide: everybody with one of the roles, and these persons, by principal identifier or mail address.
    package struct Candidates: Sendable, Hashable {
        package var roles: [String]
        package var people: [String]

        package init(roles: [String] = [], people: [String] = []) {
            self.roles = roles
            self.people = people
        }
    }

    package struct Escalation: Sendable, Hashable {
        /// Counted from the opening of the task.
        package var afterSeconds: Double
        /// They have the task from then on, instead of those before.
        package var candidates: Candidates
        package var priority: Int?

        package init(afterSeconds: Double, candidates: Candidates, priority: Int? = nil) {
            self.afterSeconds = afterSeconds
            self.candidates = candidates
            self.priority = priority
        }
    }

    package enum Moment: Sendable, Hashable {
        case afterOpening(seconds: Double)
        case at(Timestamp)
    }

    package enum Reminder: Sendable, Hashable {
        case beforeDue(seconds: Double)
        case afterOpening(seconds: Double)
    }

    /// How many different people must agree.
    package struct Quorum: Sendable, Hashable {
        package var of: Int
        /// How many take part at most; `nil` for everybody who may decide.
        package var among: Int?
        /// The outcomes that can be reached; all of them when empty.
        package var outcomes: [String]
        /// The task's outcome when none can be reached any more.
        package var otherwise: String

        package init(of: Int, among: Int? = nil, outcomes: [String] = [], otherwise: String = undecided) {
            self.of = of
            self.among = among
            self.outcomes = outcomes
            self.otherwise = otherwise
        }
    }

    package struct Signature: Sendable, Hashable {
        /// What a signature can mean: the signer states one of them.
        package var meanings: [String]
        /// For every outcome, not only for those that ask for it themselves.
        package var isRequired: Bool

        package init(meanings: [String], isRequired: Bool) {
            self.meanings = meanings
            self.isRequired = isRequired
        }
    }

    package enum OnDue: String, Sendable, Hashable, CaseIterable {
        /// The task ends with the outcome `expired`.
        case expire
        /// The next escalation is taken at once; the task stays open.
        case escalate
    }

    /// What the plant's own events tell of the task.
    package enum Announcement: String, Sendable, Hashable, CaseIterable {
        case opened, assigned, reminder, escalated, decided, expired
    }

    package var title = ""
    package var description: String?
    package var candidates = Candidates()
    package var form: JSONValue?
    package var evidence: JSONValue?
    package var outcomes: [Outcome] = []
    package var priority = 50
    package var due: Moment?
    /// What the durations count: every second, or the plant's working time.
    package var calendar = TimeKind.elapsed
    package var onDue = OnDue.expire
    package var followUp: Moment?
    package var reminders: [Reminder] = []
    package var escalation: [Escalation] = []
    package var allowsDelegation = false
    package var quorum: Quorum?
    package var veto: [String] = []
    package var fourEyes = false
    package var excludesInitiator = false
    package var separateFrom: [String] = []
    package var requestedBy: String?
    package var signature: Signature?
    package var announce: [Announcement] = []
}
