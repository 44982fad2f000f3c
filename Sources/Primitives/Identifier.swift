/// An identifier that knows what it identifies: a `PlantID` cannot be passed where a `RunID` is meant.
public struct Identifier<Tag>: Sendable, Hashable, Comparable, CustomStringConvertible, LosslessStringConvertible {
    public let raw: UUIDv7

    public init(_ raw: UUIDv7) { self.raw = raw }
    public init() { raw = UUIDv7() }
    public init?(_ text: String) {
        guard let raw = UUIDv7(text) else { return nil }
        self.raw = raw
    }

    public var description: String { raw.description }

    public static func < (left: Self, right: Self) -> Bool { left.raw < right.raw }
}

public enum Tags {
    public enum Partner {}
    public enum Client {}
    public enum Plant {}
    public enum Principal {}
    public enum APIKey {}
    public enum Credential {}
    public enum Connection {}
    public enum TemplateVersion {}
    public enum Workflow {}
    public enum Run {}
    public enum EventRecord {}
    public enum HumanTask {}
    public enum Runner {}
    public enum Invoice {}
    public enum PriceBook {}
    public enum UsageRecord {}
    public enum AuditEntry {}
    public enum Substitution {}
    public enum TaskComment {}
    public enum TaskEvidence {}
    public enum PortalSession {}
}

public typealias PartnerID = Identifier<Tags.Partner>
public typealias ClientID = Identifier<Tags.Client>
public typealias PlantID = Identifier<Tags.Plant>
public typealias PrincipalID = Identifier<Tags.Principal>
public typealias APIKeyID = Identifier<Tags.APIKey>
public typealias CredentialID = Identifier<Tags.Credential>
public typealias ConnectionID = Identifier<Tags.Connection>
public typealias TemplateVersionID = Identifier<Tags.TemplateVersion>
public typealias WorkflowID = Identifier<Tags.Workflow>
public typealias RunID = Identifier<Tags.Run>
public typealias EventRecordID = Identifier<Tags.EventRecord>
public typealias HumanTaskID = Identifier<Tags.HumanTask>
public typealias RunnerID = Identifier<Tags.Runner>
public typealias InvoiceID = Identifier<Tags.Invoice>
public typealias PriceBookID = Identifier<Tags.PriceBook>
public typealias UsageRecordID = Identifier<Tags.UsageRecord>
public typealias AuditEntryID = Identifier<Tags.AuditEntry>
public typealias SubstitutionID = Identifier<Tags.Substitution>
public typealias TaskCommentID = Identifier<Tags.TaskComment>
public typealias TaskEvidenceID = Identifier<Tags.TaskEvidence>
public typealias PortalSessionID = Identifier<Tags.PortalSession>
