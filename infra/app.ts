// The CDK app (cdk.json). `npm run synth` writes the template without credentials or network; account, region and
// partition stay open until deployment, unless `-c region=` names one. cdk-nag checks every template.

import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { SettingError, settingsOf } from './settings.ts'
import { addStacks } from './stack.ts'

const app = new App()
try {
  const settings = settingsOf((name) => app.node.tryGetContext(name))
  const region: string | undefined = app.node.tryGetContext('region')
  addStacks(app, settings, region)
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  app.synth()
} catch (error) {
  if (!(error instanceof SettingError)) throw error
  process.stderr.write(`kilowatch: ${error.message}; docs/deploy.md describes the context\n`)
  process.exitCode = 1
}
