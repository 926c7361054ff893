import { joinClasses } from '#renderer/ui/joinClasses.ts'
import { useView } from '#renderer/state/view.ts'
import { PAGE_ENTRIES } from './pages.ts'
import { RailStatus } from './RailStatus.tsx'

/** The way between the pages: a rail on the left, a bar at the bottom of a narrow window. */
export function Rail() {
  const page = useView((view) => view.page)
  const showPage = useView((view) => view.showPage)
  return (
    <nav aria-label="Pages" className="order-last flex shrink-0 border-t border-line bg-sunken wide:order-first wide:w-44 wide:flex-col wide:border-r wide:border-t-0 wide:p-2 xl:w-52">
      <p className="hidden h-10 items-center px-2 font-semibold tracking-tight wide:flex">Souk</p>
      <ul className="flex w-full wide:flex-col wide:gap-0.5">
        {PAGE_ENTRIES.map(({ name, label, icon: Icon }) => (
          <li key={name} className="flex-1 wide:flex-none">
            <button
              type="button"
              aria-current={page === name ? 'page' : undefined}
              onClick={() => showPage(name)}
              className={joinClasses(
                'flex h-14 w-full flex-col items-center justify-center gap-1 border-t-2 text-xs transition-colors',
                'wide:h-9 wide:flex-row wide:justify-start wide:gap-3 wide:rounded-lg wide:border-t-0 wide:px-2 wide:text-base',
                page === name ? 'border-accent font-medium text-text wide:bg-hover' : 'border-transparent text-muted hover:text-text wide:hover:bg-hover',
              )}
            >
              <Icon aria-hidden size={18} className={page === name ? 'text-accent-text' : ''} />
              {label}
            </button>
          </li>
        ))}
      </ul>
      <div className="mt-auto hidden wide:block">
        <RailStatus />
      </div>
    </nav>
  )
}
