/// The page of one task, and the form in it on which a person decides.
enum TaskPage {
    static let text = """
        {{<layout}}{{$content}}
        <p><a href="/portal">All tasks</a></p>
        <h1>{{title}}</h1>
        {{>form-problem}}
        {{#notice}}<p class="card notice" role="status">{{.}}</p>{{/notice}}
        <div class="card"><p class="meta">{{plant}} · {{workflow}} · for {{role}}</p>
        {{#due}}<p class="meta">{{#isLate}}<span class="late">Overdue</span> since {{/isLate}}{{^isLate}}Due {{/isLate}}<time datetime="{{machine}}">{{text}}</time>, {{distance}}</p>{{/due}}
        {{#opened}}<p class="meta">Opened <time datetime="{{machine}}">{{text}}</time>{{#requestedBy}}, asked for by {{.}}{{/requestedBy}}</p>{{/opened}}
        {{#description}}<p class="text">{{.}}</p>{{/description}}</div>
        {{#hasEvidence}}<section class="card" aria-labelledby="evidence"><h2 id="evidence">Evidence</h2>
        {{#evidence}}{{#heading}}<h3>{{.}}</h3>{{/heading}}<dl>{{#rows}}<div><dt>{{name}}</dt><dd>{{value}}</dd></div>{{/rows}}</dl>{{/evidence}}
        {{#evidenceIsCut}}<p class="hint">There is more. The whole evidence is in the task that the API shows.</p>{{/evidenceIsCut}}</section>{{/hasEvidence}}
        {{#decision}}<section class="card" aria-labelledby="decision"><h2 id="decision">Decided: {{outcome}}</h2>
        <p class="meta">{{by}}, <time datetime="{{at.machine}}">{{at.text}}</time></p>{{>decision-detail}}</section>{{/decision}}
        {{#others}}<section class="card" aria-labelledby="others"><h2 id="others">Decided so far</h2>
        {{#decisions}}<h3>{{outcome}}</h3><p class="meta">{{by}}, <time datetime="{{at.machine}}">{{at.text}}</time></p>{{>decision-detail}}{{/decisions}}</section>{{/others}}
        {{#quorum}}<div class="card"><p>{{needed}} different people must agree.</p><ul>{{#votes}}<li>{{label}}: {{count}} of {{needed}}</li>{{/votes}}</ul></div>{{/quorum}}
        {{#standing}}<div class="card{{#isAction}} aside{{/isAction}}"><p>{{sentence}}</p>
        {{#isAction}}<form method="post" action="{{action}}"><input type="hidden" name="form-token" value="{{formToken}}"><button>{{button}}</button></form>{{/isAction}}</div>{{/standing}}
        {{#unsent}}<section class="card" aria-labelledby="unsent"><h2 id="unsent">What you had entered as a reason</h2><p class="text">{{.}}</p></section>{{/unsent}}
        {{#mayDecide}}{{>decision-form}}{{/mayDecide}}
        {{>task-talk}}
        {{/content}}{{/layout}}
        """

    /// What is wrong with a field stands at the field and is tied to it, for those who hear the page.
    static let form = """
        <form class="card" method="post" action="{{href}}">
        <h2>Your decision</h2>
        <input type="hidden" name="form-token" value="{{formToken}}">
        {{#behalf}}<input type="hidden" name="on-behalf-of" value="{{.}}">{{/behalf}}
        {{#groups}}{{#heading}}<h3>Only for “{{.}}”</h3>{{/heading}}
        {{#fields}}
        {{#isCheckbox}}<label class="choice whole"><input type="checkbox" id="{{id}}" name="{{name}}" value="true"{{#isChecked}} checked{{/isChecked}}{{#isWrong}} aria-invalid="true"{{/isWrong}}{{#isDescribed}} aria-describedby="{{id}}-about"{{/isDescribed}}> <span>{{label}}</span></label>{{/isCheckbox}}
        {{^isCheckbox}}<label for="{{id}}">{{label}}{{#isRequired}} <span class="hint">(required)</span>{{/isRequired}}</label>{{/isCheckbox}}
        {{#isDescribed}}<div id="{{id}}-about">{{#hint}}<p class="hint">{{.}}</p>{{/hint}}{{#mistakes}}<p class="mistake">{{.}}</p>{{/mistakes}}</div>{{/isDescribed}}
        {{#isJSON}}<p class="hint">Enter this as JSON.</p>{{/isJSON}}
        {{#isChoice}}<select id="{{id}}" name="{{name}}"{{#insists}} required{{/insists}}{{#isWrong}} aria-invalid="true"{{/isWrong}}{{#isDescribed}} aria-describedby="{{id}}-about"{{/isDescribed}}><option value="">Choose …</option>{{#options}}<option value="{{value}}"{{#isSelected}} selected{{/isSelected}}>{{value}}</option>{{/options}}</select>{{/isChoice}}
        {{#isLongText}}<textarea id="{{id}}" name="{{name}}" rows="3"{{#longest}} maxlength="{{.}}"{{/longest}}{{#insists}} required{{/insists}}{{#isWrong}} aria-invalid="true"{{/isWrong}}{{#isDescribed}} aria-describedby="{{id}}-about"{{/isDescribed}}>
        {{value}}</textarea>{{/isLongText}}
        {{#isInput}}<input id="{{id}}" name="{{name}}" type="{{inputType}}" value="{{value}}"{{#step}} step="{{.}}"{{/step}}{{#minimum}} min="{{.}}"{{/minimum}}{{#maximum}} max="{{.}}"{{/maximum}}{{#longest}} maxlength="{{.}}"{{/longest}}{{#insists}} required{{/insists}}{{#isWrong}} aria-invalid="true"{{/isWrong}}{{#isDescribed}} aria-describedby="{{id}}-about"{{/isDescribed}}>{{/isInput}}
        {{/fields}}
        {{/groups}}
        <fieldset{{#outcomeMistakes}} aria-describedby="outcome-about"{{/outcomeMistakes}}><legend>Decision <span class="hint">(required)</span></legend>
        {{#outcomeMistakes}}<p class="mistake" id="outcome-about">{{.}}</p>{{/outcomeMistakes}}
        {{#outcomes}}<label class="choice"><input type="radio" id="{{id}}" name="outcome" value="{{name}}" required{{#isSelected}} checked{{/isSelected}}> <span>{{label}}{{#needsReason}} <span class="hint">(needs a reason)</span>{{/needsReason}}{{#needsSignature}} <span class="hint">(needs a signature)</span>{{/needsSignature}}</span></label>
        {{/outcomes}}</fieldset>
        <label for="reason">Reason{{#isReasonRequired}} <span class="hint">(required)</span>{{/isReasonRequired}}</label>
        {{#reasonMistakes}}<p class="mistake" id="reason-about">{{.}}</p>{{/reasonMistakes}}
        <textarea id="reason" name="reason" rows="3" maxlength="{{longestReason}}"{{#isReasonRequired}} required{{/isReasonRequired}}{{#reasonMistakes}} aria-invalid="true" aria-describedby="reason-about"{{/reasonMistakes}}>
        {{reason}}</textarea>
        {{#signature}}{{>signature-form}}{{/signature}}
        <p class="hint">A decision is final. It is recorded with your name and the time.</p>
        <button class="primary">Record the decision</button>
        </form>
        """

    static let detail = """
        {{#behalfOf}}<p class="meta">for {{.}}</p>{{/behalfOf}}{{#chosen}}<p class="meta">The last decision was: {{.}}</p>{{/chosen}}
        {{#meaning}}<p class="meta">Signed: {{.}}</p>{{/meaning}}{{#given}}<p class="text">{{.}}</p>{{/given}}
        {{#hasAnswers}}<dl>{{#answers}}{{#rows}}<div><dt>{{name}}</dt><dd>{{value}}</dd></div>{{/rows}}{{/answers}}</dl>{{/hasAnswers}}
        """

    /// A signature asks for the password again, and is not possible in a session that a key opened.
    static let signature = """
        <fieldset><legend>Your signature{{#insists}} <span class="hint">(required)</span>{{/insists}}</legend>
        {{^canSign}}<p class="mistake">You cannot sign in this session: sign out, and sign in with your password.</p>{{/canSign}}
        {{#canSign}}{{#meaningMistakes}}<p class="mistake">{{.}}</p>{{/meaningMistakes}}
        {{#meanings}}<label class="choice"><input type="radio" id="{{id}}" name="meaning" value="{{text}}"{{#insists}} required{{/insists}}{{#isSelected}} checked{{/isSelected}}> <span>{{text}}</span></label>
        {{/meanings}}
        <label for="password">Your password</label>
        {{#passwordMistakes}}<p class="mistake" id="password-about">{{.}}</p>{{/passwordMistakes}}
        <input id="password" name="password" type="password" autocomplete="current-password"{{#insists}} required{{/insists}}{{#passwordMistakes}} aria-invalid="true" aria-describedby="password-about"{{/passwordMistakes}}>
        <p class="hint">It is recorded who signed, what it means, when, and a digest of what was signed.</p>{{/canSign}}
        </fieldset>
        """

    static let talk = """
        {{#hasFiles}}<section class="card" aria-labelledby="files"><h2 id="files">Files</h2>
        <ul>{{#files}}<li><a href="{{href}}">{{name}}</a> <span class="meta">{{size}}, {{by}}, <time datetime="{{at.machine}}">{{at.text}}</time></span></li>{{/files}}</ul>
        {{#mayAttach}}<form method="post" action="{{href}}/evidence" enctype="multipart/form-data"><input type="hidden" name="form-token" value="{{formToken}}">
        <label for="file">Attach a file</label><input id="file" name="file" type="file" aria-describedby="file-hint">
        <p class="hint" id="file-hint">At most 10 MiB: PDF, pictures, text, CSV, JSON, XML, ZIP, Office. It cannot be taken back.</p>
        <button>Attach</button></form>{{/mayAttach}}</section>{{/hasFiles}}
        {{#hasThread}}<section class="card" aria-labelledby="thread"><h2 id="thread">Comments</h2>
        {{#comments}}<p class="meta">{{by}}, <time datetime="{{at.machine}}">{{at.text}}</time></p><p class="text">{{body}}</p>{{/comments}}
        {{#mayComment}}<form method="post" action="{{href}}/comment"><input type="hidden" name="form-token" value="{{formToken}}">
        <label for="comment">Say something</label><textarea id="comment" name="body" rows="2" maxlength="{{longestComment}}"></textarea>
        <button>Comment</button></form>{{/mayComment}}</section>{{/hasThread}}
        {{#mayDelegate}}<form class="card" method="post" action="{{href}}/delegate"><h2>Hand it on</h2><input type="hidden" name="form-token" value="{{formToken}}">
        <label for="delegate-to">E-mail address of somebody who may decide it</label><input id="delegate-to" name="to" type="email">
        <p class="hint">Both of you count as having decided it.</p><button>Hand it on</button></form>{{/mayDelegate}}
        {{#mayReassign}}<form class="card" method="post" action="{{href}}/reassign"><h2>Give it to somebody</h2><input type="hidden" name="form-token" value="{{formToken}}">
        <label for="reassign-to">E-mail address of somebody who may decide it</label><input id="reassign-to" name="to" type="email">
        <button>Give it to them</button></form>{{/mayReassign}}
        """
}
