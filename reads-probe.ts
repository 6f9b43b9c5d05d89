import { openReadingStore } from './local/reading-store.ts'
const folder=process.argv[2]!; const per=Number(process.argv[3]); const lastDay=Number(process.argv[4])
const DAY=86400000, first=Date.UTC(2025,0,1)-8*3600000
const store=await openReadingStore(folder+'/readings.duckdb')
const meters=Array.from({length:20},(_,c)=>Array.from({length:per},(_,p)=>Array.from({length:10},(_,m)=>`${130101+c}-${String(p).padStart(4,'0')}-E${m+1}`))).flat(2)
const pct=(t:number[],q:number)=>t.toSorted((a,b)=>a-b)[Math.min(t.length-1,Math.floor(t.length*q))]!.toFixed(1)
async function run(what:string,starts:number[],span:number,count:number,together:number){
  const t:number[]=[]
  for(let n=0;n<count;n++){ const i=Math.floor(Math.random()*meters.length/together)*together; const own=meters.slice(i,i+together)
    const from=first+starts[Math.floor(Math.random()*starts.length)]!*DAY+1; const s=performance.now(); const r=await store.range(own,from,from+span*DAY); t.push(performance.now()-s)
    for(const m of own) if(r.get(m)!.atMs.length!==span*96) throw new Error('missing '+m) }
  console.log(what.padEnd(24),'p50',pct(t,.5),'p90',pct(t,.9),'p99',pct(t,.99),'max',pct(t,1),'| first half p50',pct(t.slice(0,count/2),.5),'second',pct(t.slice(count/2),.5))
}
const months=Array.from({length:Math.floor(lastDay/30)},(_,n)=>n*30)
console.log(store.lakeFiles().length,'files',store.extent().rows)
await run('meter-month',months,30,300,1)
await run('youngest month',[lastDay-30],30,100,1)
await run('meter-year',[0,lastDay-365],365,100,1)
await run('institution-month',months,30,200,10)
await run('meter-month again',months,30,300,1)
await run('meter-year again',[0,lastDay-365],365,100,1)
await store.close()
