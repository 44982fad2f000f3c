import Database
import JSON
package import Primitives
package import Tenancy

/// A file as it is attached to a task. The content stands once in the plant, under its digest.
package struct AttachedEvidence: Sendable, Hashable {
    package var id: TaskEvidenceID
    package var digest: [UInt8]
    package var fileName: String
    package var mediaType: String
    package var sizeBytes: Int
    package var attachedBy: HumanTask.PersonName
    package var attachedAt: Timestamp

    /// SHA-256, in hexadecimal digits.
    package var digestText: String { digest.hexadecimal }
}

extension HumanTaskService {
    /// Attaches a file to a task that is open. The same content twice is one attachment.
    /// - Throws: `.wrongState` for a closed task, `.conflict` for too many files, `.forbidden` for somebody whom the task is
    ///   not for and who does not operate runs.
    package func attach(
        _ file: EvidenceFile, to id: HumanTaskID, in scope: TenantScope, by principal: Principal,
        from origin: String? = nil
    ) async throws -> AttachedEvidence {
        let plant = try PlantKey(scope)
        let now = clock.now()
        return try await database.transaction(scope) { transaction in
            let task = try await Self.lockedTask(id, plant, transaction)
            try Self.checkIsOpen(task)
            guard task.place(of: principal) != nil || principal.allows(.runsOperate, in: scope) else {
                throw Problem(.forbidden, "Only whom the task is for, and whoever operates runs, attaches evidence.")
            }
            let attached = try await transaction.query(AttachedEvidence.selection(of: id, plant))
                .map(AttachedEvidence.init(row:))
            if let same = attached.first(where: { $0.digest == file.digest }) { return same }
            guard attached.count < EvidenceFile.maximumPerTask else {
                throw Problem(.conflict, "A task has at most \(EvidenceFile.maximumPerTask) files.")
            }
            let evidence = AttachedEvidence(
                id: TaskEvidenceID(), digest: file.digest, fileName: file.name, mediaType: file.mediaType,
                sizeBytes: file.content.count,
                attachedBy: .init(id: principal.id, name: principal.displayName), attachedAt: now)
            try await transaction.commit(with: [
                file.insertion(in: plant, at: now), evidence.insertion(of: id, plant),
                AuditEntry(
                    "human-task.evidence-attached", objectType: "human-task", objectID: id.description,
                    new: evidence.audited, by: principal.actor(origin: origin)
                ).insertion(in: scope),
            ])
            return evidence
        }
    }

    package func evidence(of id: HumanTaskID, in scope: TenantScope) async throws -> [AttachedEvidence] {
        let plant = try PlantKey(scope)
        return try await database.read(scope) { transaction in
            _ = try await Self.task(id, plant, transaction)
            return try await transaction.query(AttachedEvidence.selection(of: id, plant))
                .map(AttachedEvidence.init(row:))
        }
    }

    package func content(
        of evidence: TaskEvidenceID, on id: HumanTaskID, in scope: TenantScope
    ) async throws -> (evidence: AttachedEvidence, content: [UInt8]) {
        let plant = try PlantKey(scope)
        let rows = try await database.readPipeline(
            scope,
            [
                """
                SELECT \(raw: AttachedEvidence.columns), file.content
                FROM millwright.human_task_evidence AS evidence
                JOIN millwright.evidence_file AS file
                  ON file.partner_id = evidence.partner_id AND file.client_id = evidence.client_id
                  AND file.plant_id = evidence.plant_id AND file.sha256 = evidence.sha256
                WHERE \(fragment: plant.owns("evidence")) AND evidence.human_task_id = \(id)
                  AND evidence.evidence_id = \(evidence)
                """
            ])[0]
        guard let row = rows.first else { throw Problem.notFound("evidence") }
        return (try AttachedEvidence(row: row), try row.decode("content"))
    }
}

extension AttachedEvidence {
    static let columns: StaticString = """
        evidence.evidence_id, evidence.sha256, evidence.file_name, evidence.media_type, evidence.size_bytes,
        evidence.attached_by_principal_id, evidence.attached_by_name, evidence.attached_at
        """

    static func selection(of task: HumanTaskID, _ plant: PlantKey) -> Statement {
        """
        SELECT \(raw: columns)
        FROM millwright.human_task_evidence AS evidence
        WHERE \(fragment: plant.owns("evidence")) AND evidence.human_task_id = \(task)
        ORDER BY evidence.evidence_id
        """
    }

    init(row: Row) throws {
        self.init(
            id: try row.decode("evidence_id"), digest: try row.decode("sha256"), fileName: try row.decode("file_name"),
            mediaType: try row.decode("media_type"), sizeBytes: try row.decode("size_bytes"),
            attachedBy: .init(
                id: try row.decode("attached_by_principal_id"), name: try row.decode("attached_by_name")),
            attachedAt: try row.decode("attached_at"))
    }

    fileprivate var audited: JSONValue {
        [
            "evidence": .string(id.description), "sha256": .string(digestText), "fileName": .string(fileName),
            "mediaType": .string(mediaType), "sizeBytes": JSONValue(sizeBytes),
        ]
    }

    fileprivate func insertion(of task: HumanTaskID, _ plant: PlantKey) -> Statement {
        """
        INSERT INTO millwright.human_task_evidence (
          partner_id, client_id, plant_id, human_task_id, evidence_id, sha256, file_name, media_type, size_bytes,
          attached_by_principal_id, attached_by_name, attached_at)
        VALUES (
          \(fragment: plant.values), \(task), \(id), \(digest), \(fileName), \(mediaType), \(Int32(sizeBytes)),
          \(attachedBy.id), \(attachedBy.name), \(attachedAt))
        """
    }
}

extension EvidenceFile {
    fileprivate func insertion(in plant: PlantKey, at now: Timestamp) -> Statement {
        """
        INSERT INTO millwright.evidence_file (partner_id, client_id, plant_id, sha256, content, stored_at)
        VALUES (\(fragment: plant.values), \(digest), \(content), \(now))
        ON CONFLICT ON CONSTRAINT evidence_file_pkey DO NOTHING
        """
    }
}
